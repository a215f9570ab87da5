import type { LeakPolicy } from '@gatehouse/catalog/api';
import type { KeyState } from '@gatehouse/key-domain/key';

/** A secret that was found in public, and its key as it is now. Moments are Unix milliseconds. */
export interface LeakedSecret {
  readonly keyId: string;
  readonly organizationId: string;
  readonly api: string;
  readonly state: KeyState;
  readonly expiresAtMs: number | null;
  /** 1 for the secret of the creation, one more with each rotation. */
  readonly generation: number;
  /** null: the key's current secret. */
  readonly endsAtMs: number | null;
  /** Prefix, dots, last four characters. */
  readonly display: string;
}

/** What is done: the whole key is ended or held, or the one secret is ended, or there is nothing to do. */
export type LeakResponse = 'revoked' | 'quarantined' | 'secret_ended' | 'none';

/**
 * Decides what a leak does to a key.
 *
 * What opens nothing any more is left alone: a key that is revoked or has expired, and a retired secret, whose key goes on
 * with another one that was not found anywhere. To end that key would stop its owner, and no one else. For the same reason
 * an old secret that is still good while its key is rotated is ended alone: its owner has the new one already.
 *
 * Quarantine holds active keys only. A disabled one may do less than a quarantined one, so it stays as it is.
 */
export function judgeLeak(leaked: LeakedSecret, policy: LeakPolicy, nowMs: number): LeakResponse {
  const { state, expiresAtMs, endsAtMs } = leaked;
  if (state === 'revoked' || isOver(expiresAtMs, nowMs) || isOver(endsAtMs, nowMs)) return 'none';
  if (policy === 'notify') return 'none';
  if (endsAtMs !== null) return 'secret_ended';
  if (policy === 'revoke') return 'revoked';
  return state === 'active' ? 'quarantined' : 'none';
}

function isOver(atMs: number | null, nowMs: number): boolean {
  return atMs !== null && nowMs >= atMs;
}
