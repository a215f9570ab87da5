import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { effectiveState } from './effective-state.js';
import { judgeKey } from './judge-key.js';
import type { KeyFacts } from './key.js';

const KEY: KeyFacts = {
  keyId: 'key_1',
  revision: 1,
  api: 'exante',
  organizationId: 'org_1',
  projectId: 'prj_1',
  plan: 'free',
  environment: 'live',
  scopes: ['invoices.read', 'invoices.write'],
  state: 'active',
  expiresAtMs: 1_000,
};
const CONTEXT = { nowMs: 999, api: 'exante', scopesNeeded: ['invoices.read'] };

describe('judgeKey', () => {
  it('accepts a key that has what the route needs', () => {
    expect(judgeKey(KEY, CONTEXT)).toEqual({ kind: 'valid', key: KEY });
    expect(judgeKey(KEY, { ...CONTEXT, scopesNeeded: [] }).kind).toBe('valid');
  });

  it('says nothing about a key that is not known', () => {
    expect(judgeKey('unknown', CONTEXT)).toEqual({ kind: 'refused', reason: 'key_unknown' });
  });

  it('[E9] refuses from the very millisecond of expiry', () => {
    expect(judgeKey(KEY, { ...CONTEXT, nowMs: 999 }).kind).toBe('valid');
    expect(judgeKey(KEY, { ...CONTEXT, nowMs: 1_000 })).toMatchObject({ reason: 'key_expired', key: KEY });
    expect(judgeKey({ ...KEY, expiresAtMs: null }, { ...CONTEXT, nowMs: Number.MAX_SAFE_INTEGER }).kind).toBe('valid');
  });

  it('[X8] needs every scope of the route, by its exact name', () => {
    for (const scope of ['invoices', 'INVOICES.READ', 'invoices.read ', '*', '']) {
      expect(judgeKey(KEY, { ...CONTEXT, scopesNeeded: ['invoices.read', scope] })).toMatchObject({
        reason: 'scope_missing',
      });
    }
  });

  it('answers with the first refusal: other API, revoked, disabled, expired, scope', () => {
    const worst = { ...KEY, api: 'xantly', state: 'revoked', scopes: [] } as const;
    const context = { ...CONTEXT, nowMs: 2_000 };
    expect(judgeKey(worst, context)).toMatchObject({ reason: 'key_of_other_api' });
    expect(judgeKey({ ...worst, api: 'exante' }, context)).toMatchObject({ reason: 'key_revoked' });
    expect(judgeKey({ ...worst, api: 'exante', state: 'disabled' }, context)).toMatchObject({ reason: 'key_disabled' });
    expect(judgeKey({ ...worst, api: 'exante', state: 'active' }, context)).toMatchObject({ reason: 'key_expired' });
    expect(judgeKey({ ...worst, api: 'exante', state: 'active' }, { ...context, nowMs: 1 })).toMatchObject({
      reason: 'scope_missing',
    });
  });

  it('is valid only for an active, unexpired key of this API with all scopes', () => {
    const scopes = fc.subarray(['a', 'b', 'c']);
    fc.assert(
      fc.property(
        fc.constantFrom('exante', 'xantly'),
        fc.constantFrom('active', 'disabled', 'revoked'),
        fc.option(fc.nat(20)),
        fc.nat(20),
        scopes,
        scopes,
        (api, state, expiresAtMs, nowMs, held, scopesNeeded) => {
          const key = { ...KEY, api, state, expiresAtMs, scopes: held } as KeyFacts;
          const expected =
            api === 'exante' &&
            state === 'active' &&
            (expiresAtMs === null || nowMs < expiresAtMs) &&
            scopesNeeded.every((scope) => held.includes(scope));
          expect(judgeKey(key, { nowMs, api: 'exante', scopesNeeded }).kind === 'valid').toBe(expected);
        },
      ),
    );
  });
});

describe('effectiveState', () => {
  it('[E9] shows an expired key as expired, a revoked one as revoked', () => {
    expect(effectiveState(KEY, 999)).toBe('active');
    expect(effectiveState(KEY, 1_000)).toBe('expired');
    expect(effectiveState({ ...KEY, state: 'disabled' }, 1_000)).toBe('expired');
    expect(effectiveState({ ...KEY, state: 'revoked' }, 1_000)).toBe('revoked');
    expect(effectiveState({ ...KEY, state: 'disabled', expiresAtMs: null }, 1_000)).toBe('disabled');
  });
});
