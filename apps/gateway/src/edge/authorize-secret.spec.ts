import { anApi } from '@gatehouse/catalog/an-api.conformance';
import type { Api } from '@gatehouse/catalog/api';
import { aKey } from '@gatehouse/key-domain/a-key.conformance';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { describe, expect, it } from '@jest/globals';
import { publishApis } from '../routes/published-api.js';
import { authorizeSecret, type EdgePorts, type KeyLookup } from './authorize-secret.js';
import type { Needs } from './needs.js';

const SECRET = mintKey('ex_live_', Buffer.alloc(32, 7));
const PLAN = { windowSeconds: 60, quota: 10 };
const API = anApi({
  upstream: 'http://127.0.0.1:9',
  limiterOutage: 'deny',
  plans: { free: { key: [PLAN], organization: [PLAN], keysMax: null } },
});

/** A door with ports that write down what was asked of them. */
function door(found: KeyLookup, changes: Partial<EdgePorts> = {}, api: Partial<Api> = {}) {
  const asked: string[] = [];
  const published = publishApis({ apis: [{ ...API, ...api }], gateways: 1 }).byName.get('exante');
  if (published === undefined) throw new Error('the API is not published');
  const ports: EdgePorts = {
    nowMs: () => 1_000,
    findKey: async () => {
      asked.push('find');
      return found;
    },
    takeLimits: async (_published, { cost, subjects }) => {
      asked.push(`take ${cost} ${subjects.map(({ subject, limits }) => `${subject}=${limits[0]?.quota}`).join(' ')}`);
      return { kind: 'allowed', windows: [] };
    },
    spendUses: async (keyId, cost) => {
      asked.push(`spend ${keyId} ${cost}`);
      return { kind: 'spent', left: 4 };
    },
    ...changes,
  };
  const authorize = (secret = SECRET, needs: Partial<Needs> = {}) =>
    authorizeSecret(
      secret,
      {
        published,
        scopesNeeded: ['invoices.read'],
        permissions: null,
        cost: 1,
        address: '192.0.2.1',
        projectId: null,
        isRead: true,
        fromBrowser: false,
        ...needs,
      },
      ports,
    );
  return { asked, authorize };
}

describe('authorizeSecret', () => {
  it('asks for the key, then for its limits, and lets it through', async () => {
    const { asked, authorize } = door(aKey());
    expect(await authorize()).toMatchObject({ kind: 'allow', facts: { keyId: 'key_1' } });
    expect(asked).toEqual(['find', 'take 1 key:key_1=10 org:org_1:exante=10']);
  });

  it('asks nobody about what cannot be a key, or comes from a browser where keys may not', async () => {
    const { asked, authorize } = door(aKey());
    for (const secret of ['', 'ex_live_', mintKey('ex_prod_'), `${SECRET}0`, SECRET.slice(0, -1)]) {
      expect(await authorize(secret)).toMatchObject({ kind: 'deny', code: 'key_malformed', facts: null });
    }
    expect(await authorize(SECRET, { fromBrowser: true })).toMatchObject({ code: 'browser_refused' });
    expect(asked).toEqual([]);
  });

  it.each<[string, Partial<KeyFacts>, Partial<Needs>, Partial<Api>]>([
    ['key_of_other_api', { api: 'other' }, {}, {}],
    ['key_revoked', { state: 'revoked' }, {}, {}],
    ['key_disabled', { state: 'disabled' }, {}, {}],
    ['secret_retired', { secret: { generation: 1, endsAtMs: 1_000 } }, {}, {}],
    ['key_expired', { expiresAtMs: 1_000 }, {}, {}],
    ['organization_suspended', { organizationSuspended: true }, {}, {}],
    ['address_refused', { allowedAddresses: ['198.51.100.0/24'] }, {}, {}],
    ['key_of_other_environment', {}, {}, { environments: ['test'] }],
    ['key_of_other_project', {}, { projectId: 'prj_2' }, {}],
    ['key_quarantined', { state: 'quarantined' }, { isRead: false }, {}],
    ['scope_missing', { scopes: [] }, {}, {}],
    ['uses_exhausted', { uses: 'exhausted' }, {}, {}],
  ])('refuses as %s, and charges nothing', async (code, facts, needs, api) => {
    const { asked, authorize } = door(aKey(facts), {}, api);
    expect(await authorize(SECRET, needs)).toMatchObject({ kind: 'deny', code });
    expect(asked).toEqual(['find']);
  });

  it('[G6] names the key to who has its whole secret, but not to an API that it is not for', async () => {
    expect(await door(aKey({ state: 'revoked' })).authorize()).toMatchObject({ facts: { keyId: 'key_1' } });
    expect(await door(aKey({ api: 'other' })).authorize()).toMatchObject({ facts: null });
    expect(await door('unknown').authorize()).toMatchObject({ code: 'key_unknown', facts: null });
  });

  it('lets nobody in, and tells nobody that a key is bad, where a part does not answer', async () => {
    expect(await door('unavailable').authorize()).toMatchObject({ code: 'verification_unavailable' });
    const noLimits = door(aKey(), { takeLimits: async () => ({ kind: 'unavailable' }) });
    expect(await noLimits.authorize()).toMatchObject({ code: 'limits_unavailable' });
    const noUses = door(aKey({ uses: 'left' }), { spendUses: async () => ({ kind: 'unavailable' }) });
    expect(await noUses.authorize()).toMatchObject({ code: 'verification_unavailable' });
  });

  it('spends a use after the limits, and only of keys that have a number of them', async () => {
    const { asked, authorize } = door(aKey({ uses: 'left' }));
    expect(await authorize(SECRET, { cost: 3 })).toMatchObject({ kind: 'allow', usesLeft: 4 });
    expect(asked.slice(1)).toEqual(['take 3 key:key_1=10 org:org_1:exante=10', 'spend key_1 3']);
    const last = door(aKey({ uses: 'left' }), { spendUses: async () => ({ kind: 'exhausted' }) });
    expect(await last.authorize()).toMatchObject({ kind: 'deny', code: 'uses_exhausted' });
  });

  it('charges and spends nothing for a question that costs nothing', async () => {
    const { asked, authorize } = door(aKey({ uses: 'left' }));
    expect(await authorize(SECRET, { cost: 0 })).toMatchObject({ kind: 'allow', windows: [] });
    expect(asked).toEqual(['find']);
  });

  it('spends no use of a request that a limit refuses', async () => {
    const { asked, authorize } = door(aKey({ uses: 'left' }), {
      takeLimits: async () => ({ kind: 'refused', windows: [], retryAfterSeconds: 7 }),
    });
    expect(await authorize()).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 7 });
    expect(asked).toEqual(['find']);
  });

  it('[A9] takes what the operator has set for the organization in place of the plan', async () => {
    const organizationLimits = { key: [{ windowSeconds: 60, quota: 500 }], organization: null };
    const { asked, authorize } = door(aKey({ organizationLimits }));
    await authorize();
    expect(asked[1]).toBe('take 1 key:key_1=500 org:org_1:exante=10');
  });

  it.each([
    [3, 3],
    [1_000_000, 10],
  ])("lets a key's own quota of %p only lower what it is given: %p", async (own, applied) => {
    const { asked, authorize } = door(aKey({ limits: [{ windowSeconds: 60, quota: own }] }));
    await authorize();
    expect(asked[1]).toBe(`take 1 key:key_1=${applied} org:org_1:exante=10`);
  });

  it("adds a key's own windows beside those of its plan", async () => {
    let windows: unknown;
    const { authorize } = door(aKey({ limits: [{ windowSeconds: 1, quota: 2 }] }), {
      takeLimits: async (_published, { subjects }) => {
        windows = subjects[0]?.limits;
        return { kind: 'allowed', windows: [] };
      },
    });
    await authorize();
    expect(windows).toEqual([{ windowSeconds: 1, quota: 2 }, PLAN]);
  });
});
