import type { KeyRecord } from './key-record.js';

export type RevokeDecision =
  | { readonly kind: 'revoke'; readonly key: KeyRecord }
  | { readonly kind: 'already_revoked'; readonly key: KeyRecord };

/** A key can be revoked from any state, once and for good: the first reason and moment stay. */
export function revokeKey(key: KeyRecord, reason: string | undefined, nowMs: number): RevokeDecision {
  if (key.state === 'revoked') return { kind: 'already_revoked', key };
  return {
    kind: 'revoke',
    key: {
      ...key,
      state: 'revoked',
      revision: key.revision + 1,
      revokedAtMs: nowMs,
      revocationReason: reason ?? null,
    },
  };
}
