import { type KeyDecision, nextRevision } from './key-decision.js';
import type { KeyRecord } from './key-record.js';

const REVOKED = { kind: 'refused', code: 'key_revoked', message: 'A revoked key stays revoked.' } as const;
const EXPIRED = { kind: 'refused', code: 'key_expired', message: 'An expired key cannot be used again.' } as const;

/** A key can be revoked from any state, once and for good: the first reason and moment stay. */
export function revokeKey(key: KeyRecord, reason: string | undefined, nowMs: number): KeyDecision {
  if (key.state === 'revoked') return { kind: 'unchanged', key };
  const revoked = { state: 'revoked', revokedAtMs: nowMs, revocationReason: reason ?? null } as const;
  const detail = { reason: reason ?? null };
  return { kind: 'change', key: nextRevision(key, revoked), action: 'key.revoked', atMs: nowMs, detail };
}

/** Takes a key out of all lists, for good; one that was not revoked is, with the reason `deleted` [G5]. */
export function removeKey(key: KeyRecord, nowMs: number): KeyDecision {
  if (key.removedAtMs !== null) return { kind: 'unchanged', key };
  const revoked =
    key.state === 'revoked' ? {} : ({ state: 'revoked', revokedAtMs: nowMs, revocationReason: 'deleted' } as const);
  const removed = nextRevision(key, { ...revoked, removedAtMs: nowMs });
  return { kind: 'change', key: removed, action: 'key.removed', atMs: nowMs, detail: {} };
}

/** Stops a key until it is enabled again. */
export function disableKey(key: KeyRecord, nowMs: number): KeyDecision<'key_revoked'> {
  if (key.state === 'revoked') return REVOKED;
  if (key.state === 'disabled') return { kind: 'unchanged', key };
  const disabled = nextRevision(key, { state: 'disabled' });
  return { kind: 'change', key: disabled, action: 'key.disabled', atMs: nowMs, detail: { was: key.state } };
}

/** Lets a disabled or quarantined key work again; one that is revoked or has expired never does [T5] [E9]. */
export function enableKey(key: KeyRecord, nowMs: number): KeyDecision<'key_revoked' | 'key_expired'> {
  if (key.state === 'revoked') return REVOKED;
  if (isExpired(key, nowMs)) return EXPIRED;
  if (key.state === 'active') return { kind: 'unchanged', key };
  const enabled = nextRevision(key, { state: 'active' });
  return { kind: 'change', key: enabled, action: 'key.enabled', atMs: nowMs, detail: { was: key.state } };
}

export function isExpired(key: Pick<KeyRecord, 'expiresAtMs'>, nowMs: number): boolean {
  return key.expiresAtMs !== null && nowMs >= key.expiresAtMs;
}
