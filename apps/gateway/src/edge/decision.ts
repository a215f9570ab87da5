import type { RefusalCode } from '@gatehouse/catalog/refusals';
import type { WindowState } from '@gatehouse/limit-domain/limit';
import type { Caller, Presented } from './caller.js';
import type { Needs } from './needs.js';

/** May go on: as whom, and how its limits stand after this request. */
export interface Allow<Who extends Caller = Caller> {
  readonly kind: 'allow';
  readonly facts: Who;
  readonly presented: Presented;
  /** What it was allowed for. */
  readonly needs: Needs;
  readonly windows: readonly WindowState[];
  /** How many uses the key has left; null: it has no number of them, or none was spent. */
  readonly usesLeft: number | null;
}

/** May not go on. */
export interface Deny<Who extends Caller = Caller> {
  readonly kind: 'deny';
  readonly code: RefusalCode;
  /** The key, where its full secret was right and the key is of this API: only then may an answer name it [G6]. */
  readonly facts: Who | null;
  /** Empty where no limit was asked. */
  readonly windows: readonly WindowState[];
  /** Only where a limit refused. */
  readonly retryAfterSeconds: number | null;
}

export type Decision<Who extends Caller = Caller> = Allow<Who> | Deny<Who>;

const NO_WINDOWS: readonly WindowState[] = [];

export function allow<Who extends Caller>(
  facts: Who,
  presented: Presented,
  needs: Needs,
  windows: readonly WindowState[],
  usesLeft: number | null = null,
): Allow<Who> {
  return { kind: 'allow', facts, presented, needs, windows, usesLeft };
}

/** A key of another API is not named: its answer reads as that to an unknown key does. */
export function deny<Who extends Caller = never>(code: RefusalCode, facts?: Who): Deny<Who> {
  const named = facts === undefined || code === 'key_of_other_api' ? null : facts;
  return { kind: 'deny', code, facts: named, windows: NO_WINDOWS, retryAfterSeconds: null };
}

export function denyLimited<Who extends Caller>(
  facts: Who,
  windows: readonly WindowState[],
  retryAfterSeconds: number,
): Deny<Who> {
  return { kind: 'deny', code: 'rate_limited', facts, windows, retryAfterSeconds };
}

/** For a request that was allowed, and charged, and then could not be passed on. */
export function denyAfterCharge(code: RefusalCode, { facts, windows }: Allow): Deny {
  return { kind: 'deny', code, facts, windows, retryAfterSeconds: null };
}
