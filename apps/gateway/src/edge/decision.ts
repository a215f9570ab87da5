import type { RefusalCode } from '@gatehouse/catalog/refusals';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import type { WindowState } from '@gatehouse/limit-domain/limit';

/** May go on: as whom, and how its limits stand after this request. */
export interface Allow {
  readonly kind: 'allow';
  readonly facts: KeyFacts;
  /** Of the credential, so that a long answer can be ended when its key is. */
  readonly digest: Buffer;
  readonly windows: readonly WindowState[];
}

/** May not go on. */
export interface Deny {
  readonly kind: 'deny';
  readonly code: RefusalCode;
  /** The key, where its full secret was right and the key is of this API: only then may an answer name it [G6]. */
  readonly facts: KeyFacts | null;
  /** Empty where no limit was asked. */
  readonly windows: readonly WindowState[];
  /** Only where a limit refused. */
  readonly retryAfterSeconds: number | null;
}

export type Decision = Allow | Deny;

const NO_WINDOWS: readonly WindowState[] = [];

export function allow(facts: KeyFacts, digest: Buffer, windows: readonly WindowState[]): Allow {
  return { kind: 'allow', facts, digest, windows };
}

/** A key of another API is not named: its answer reads as that to an unknown key does. */
export function deny(code: RefusalCode, facts?: KeyFacts): Deny {
  const named = facts === undefined || code === 'key_of_other_api' ? null : facts;
  return { kind: 'deny', code, facts: named, windows: NO_WINDOWS, retryAfterSeconds: null };
}

export function denyLimited(facts: KeyFacts, windows: readonly WindowState[], retryAfterSeconds: number): Deny {
  return { kind: 'deny', code: 'rate_limited', facts, windows, retryAfterSeconds };
}

/** For a request that was allowed, and charged, and then could not be passed on. */
export function denyAfterCharge(code: RefusalCode, { facts, windows }: Allow): Deny {
  return { kind: 'deny', code, facts, windows, retryAfterSeconds: null };
}
