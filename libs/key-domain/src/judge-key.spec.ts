import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aKey } from './a-key.conformance.js';
import { effectiveState } from './effective-state.js';
import { type JudgeContext, type JudgePlace, judgeKey as judge } from './judge-key.js';
import type { KeyFacts } from './key.js';
import { type PermissionQuery, parsePermissionQuery } from './permission-query.js';

const KEY = aKey({ expiresAtMs: 1_000 });
const CONTEXT: JudgeContext = {
  projectId: null,
  address: '192.0.2.1',
  isRead: false,
  scopesNeeded: ['invoices.read'],
  permissions: null,
};

const PLACE: JudgePlace = { name: 'exante', environments: null };

function judgeKey(key: KeyFacts | 'unknown', context: JudgeContext, nowMs = 999, place = PLACE) {
  return judge(key, context, place, nowMs);
}

describe('judgeKey', () => {
  it('accepts a key that has what the route needs', () => {
    expect(judgeKey(KEY, CONTEXT)).toEqual({ kind: 'valid', key: KEY });
    expect(judgeKey(KEY, { ...CONTEXT, scopesNeeded: [] }).kind).toBe('valid');
  });

  it('needs what a query over its scopes asks for, beside the scopes of the route', () => {
    const query = (text: string) => parsePermissionQuery(text) as PermissionQuery;
    const asked = (text: string) => judgeKey(KEY, { ...CONTEXT, permissions: query(text) });
    expect(asked('invoices.write OR admin').kind).toBe('valid');
    expect(asked('invoices.write AND admin')).toMatchObject({ reason: 'scope_missing', key: KEY });
    const both = { ...CONTEXT, scopesNeeded: ['admin'], permissions: query('invoices.*') };
    expect(judgeKey(KEY, both)).toMatchObject({ reason: 'scope_missing' });
  });

  it('says nothing about a key that is not known', () => {
    expect(judgeKey('unknown', CONTEXT)).toEqual({ kind: 'refused', reason: 'key_unknown' });
  });

  it('[E9] refuses from the very millisecond of expiry', () => {
    expect(judgeKey(KEY, CONTEXT, 999).kind).toBe('valid');
    expect(judgeKey(KEY, CONTEXT, 1_000)).toMatchObject({ reason: 'key_expired', key: KEY });
    expect(judgeKey({ ...KEY, expiresAtMs: null }, CONTEXT, Number.MAX_SAFE_INTEGER).kind).toBe('valid');
  });

  it('[X8] needs every scope of the route, by its exact name', () => {
    for (const scope of ['invoices', 'INVOICES.READ', 'invoices.read ', '*', '']) {
      expect(judgeKey(KEY, { ...CONTEXT, scopesNeeded: ['invoices.read', scope] })).toMatchObject({
        reason: 'scope_missing',
      });
    }
  });

  it('answers with the first refusal: what became of the key, where it may be used, what it may do', () => {
    const context: JudgeContext = {
      ...CONTEXT,
      projectId: 'prj_2',
      address: '198.51.100.1',
    };
    const place = { ...PLACE, environments: ['test'] };
    // Each mend lets the next refusal show.
    const mends: [string, Partial<KeyFacts>, Partial<JudgeContext>][] = [
      ['key_of_other_api', { api: 'exante' }, {}],
      ['key_revoked', { state: 'disabled' }, {}],
      ['key_disabled', { state: 'quarantined' }, {}],
      ['secret_retired', { secret: { generation: 1, endsAtMs: 2_001 } }, {}],
      ['key_expired', { expiresAtMs: 2_001 }, {}],
      ['organization_suspended', { organizationSuspended: false }, {}],
      ['address_refused', { allowedAddresses: ['198.51.100.0/24'] }, {}],
      ['key_of_other_environment', { environment: 'test' }, {}],
      ['key_of_other_project', { projectId: 'prj_2' }, {}],
      ['key_quarantined', {}, { isRead: true }],
      ['scope_missing', { scopes: ['invoices.read'] }, {}],
      ['uses_exhausted', { uses: 'left' }, {}],
    ];
    let key = aKey({
      api: 'xantly',
      state: 'revoked',
      secret: { generation: 1, endsAtMs: 2_000 },
      expiresAtMs: 2_000,
      organizationSuspended: true,
      allowedAddresses: ['192.0.2.0/24'],
      scopes: [],
      uses: 'exhausted',
    });
    let asked = context;
    for (const [reason, keyMend, contextMend] of mends) {
      expect(judgeKey(key, asked, 2_000, place)).toMatchObject({ kind: 'refused', reason });
      key = { ...key, ...keyMend };
      asked = { ...asked, ...contextMend };
    }
    expect(judgeKey(key, asked, 2_000, place).kind).toBe('valid');
  });

  it('lets a quarantined key read, and nothing else', () => {
    const key = { ...KEY, state: 'quarantined' } as const;
    expect(judgeKey(key, { ...CONTEXT, isRead: true }).kind).toBe('valid');
    expect(judgeKey(key, CONTEXT)).toMatchObject({ reason: 'key_quarantined' });
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
          expect(judgeKey(key, { ...CONTEXT, scopesNeeded }, nowMs).kind === 'valid').toBe(expected);
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
