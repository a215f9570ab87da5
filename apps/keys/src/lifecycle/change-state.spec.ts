import { describe, expect, it } from '@jest/globals';
import { aKeyRecord } from '../a-key-record.conformance.js';
import { disableKey, enableKey, removeKey, revokeKey } from './change-state.js';
import type { KeyDecision } from './key-decision.js';

const NOW_MS = 1_000;
const keyOf = (decision: KeyDecision<string>) => {
  if (decision.kind === 'refused') throw new Error(decision.code);
  return decision.key;
};

describe('revokeKey', () => {
  it('[T5] ends a key once and for good: the first reason and moment stay', () => {
    const first = revokeKey(aKeyRecord(), 'leaked', NOW_MS);
    expect(first).toMatchObject({
      kind: 'change',
      action: 'key.revoked',
      key: { state: 'revoked', revision: 2, revokedAtMs: NOW_MS, revocationReason: 'leaked' },
    });
    expect(revokeKey(keyOf(first), 'other', NOW_MS + 1)).toEqual({ kind: 'unchanged', key: keyOf(first) });
  });

  it.each(['active', 'disabled', 'quarantined'] as const)(
    'revokes a key that is %s, also one that has expired',
    (state) => {
      expect(keyOf(revokeKey(aKeyRecord({ state, expiresAtMs: 1 }), undefined, NOW_MS)).state).toBe('revoked');
    },
  );
});

describe('disableKey and enableKey', () => {
  it('stop a key and let it work again, as often as one likes', () => {
    const disabled = keyOf(disableKey(aKeyRecord(), NOW_MS));
    expect(disabled).toMatchObject({ state: 'disabled', revision: 2 });
    expect(disableKey(disabled, NOW_MS)).toEqual({ kind: 'unchanged', key: disabled });
    const enabled = keyOf(enableKey(disabled, NOW_MS));
    expect(enabled).toMatchObject({ state: 'active', revision: 3 });
    expect(enableKey(enabled, NOW_MS)).toEqual({ kind: 'unchanged', key: enabled });
  });

  it('let a key out of quarantine, and say in the log what it was', () => {
    expect(enableKey(aKeyRecord({ state: 'quarantined' }), NOW_MS)).toMatchObject({
      key: { state: 'active' },
      detail: { was: 'quarantined' },
    });
  });

  it('[T5] [E9] never bring back a revoked key, nor one that has expired', () => {
    const revoked = aKeyRecord({ state: 'revoked', revokedAtMs: 1 });
    expect(enableKey(revoked, NOW_MS)).toMatchObject({ kind: 'refused', code: 'key_revoked' });
    expect(disableKey(revoked, NOW_MS)).toMatchObject({ kind: 'refused', code: 'key_revoked' });
    const expired = aKeyRecord({ state: 'disabled', expiresAtMs: NOW_MS });
    expect(enableKey(expired, NOW_MS)).toMatchObject({ kind: 'refused', code: 'key_expired' });
    expect(enableKey(expired, NOW_MS - 1).kind).toBe('change');
  });
});

describe('removeKey', () => {
  it('[G5] revokes a key and hides it; what revoked it before stays the reason', () => {
    const removed = keyOf(removeKey(aKeyRecord(), NOW_MS));
    expect(removed).toMatchObject({ state: 'revoked', revocationReason: 'deleted', removedAtMs: NOW_MS });
    expect(removeKey(removed, NOW_MS + 1)).toEqual({ kind: 'unchanged', key: removed });
    const leaked = keyOf(revokeKey(aKeyRecord(), 'leaked', 1));
    expect(keyOf(removeKey(leaked, NOW_MS))).toMatchObject({ revokedAtMs: 1, revocationReason: 'leaked' });
  });
});
