import type { AuditAction } from './audit-action.js';
import type { KeyRecord } from './key-record.js';

/** A secret that a change adds; its digest is sealed before it gets here. */
interface AddedSecret {
  readonly hmac: Buffer;
  readonly pepperVersion: number;
  readonly generation: number;
  readonly display: string;
  readonly createdAtMs: number;
}

/** What a change does to the secrets of a key: one gets an end, and another one is current from then on. */
export interface SecretsChange {
  readonly ends: { readonly generation: number; readonly endsAtMs: number };
  readonly current: AddedSecret | { readonly generation: number };
}

/** A change of one key: the key as it is afterwards, and what the audit log says. */
export interface KeyChange {
  readonly kind: 'change';
  readonly key: KeyRecord;
  readonly action: AuditAction;
  readonly atMs: number;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly secrets?: SecretsChange;
}

/** What is decided about a key, from what it is and the moment. `Code` names the refusals that can be. */
export type KeyDecision<Code extends string = never> =
  | KeyChange
  /** It is already as it was asked to be. */
  | { readonly kind: 'unchanged'; readonly key: KeyRecord }
  | { readonly kind: 'refused'; readonly code: Code; readonly field?: string; readonly message: string };

/** The key with these changes, one revision later. */
export function nextRevision(key: KeyRecord, changes: Partial<KeyRecord>): KeyRecord {
  return { ...key, ...changes, revision: key.revision + 1 };
}
