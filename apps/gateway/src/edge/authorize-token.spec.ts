import { anApi } from '@gatehouse/catalog/an-api.conformance';
import type { Api } from '@gatehouse/catalog/api';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { describe, expect, it } from '@jest/globals';
import { publishApis } from '../routes/published-api.js';
import { authorize, type DoorPorts } from './authorize.js';
import type { PersonLookup } from './authorize-token.js';
import type { PersonFacts } from './caller.js';

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhY2NfMSJ9.c2lnbmF0dXJl';
const KEY = mintKey('ex_live_', Buffer.alloc(32, 7));
const API = anApi(
  {
    upstream: 'http://127.0.0.1:9',
    limiterOutage: 'deny',
    plans: {
      free: {
        key: [{ windowSeconds: 60, quota: 10 }],
        organization: [{ windowSeconds: 60, quota: 20 }],
        keysMax: null,
      },
    },
  },
  {
    credentials: [{ header: 'Authorization', scheme: 'Bearer' }, { header: 'X-API-Key' }],
    tokens: { accepts: ['platform'] },
    browserRequests: 'refuse',
  },
);

function aPerson(changes: Partial<PersonFacts> = {}): PersonFacts {
  return {
    api: 'exante',
    accountId: 'acc_1',
    sessionId: 'ses_1',
    organizationId: 'org_1',
    plan: 'free',
    scopes: ['invoices.read'],
    organizationLimits: null,
    organizationSuspended: false,
    ...changes,
  };
}

function door(found: PersonLookup, changes: Partial<DoorPorts> = {}, profile: Partial<Api['profile']> = {}) {
  const asked: string[] = [];
  const api = { ...API, profile: { ...API.profile, ...profile } };
  const published = publishApis({ apis: [api], gateways: 1 }).byName.get('exante');
  if (published === undefined) throw new Error('the API is not published');
  const ports: DoorPorts = {
    nowMs: () => 1_000,
    findKey: async () => {
      asked.push('key');
      return 'unknown' as const;
    },
    findPerson: async (token) => {
      asked.push(token);
      return found;
    },
    takeLimits: async (_published, { cost, subjects }) => {
      asked.push(`take ${cost} ${subjects.map(({ subject, limits }) => `${subject}=${limits[0]?.quota}`).join(' ')}`);
      return { kind: 'allowed', windows: [] };
    },
    spendUses: async () => ({ kind: 'unavailable' }),
    ...changes,
  };
  const route = { method: '*', pattern: '/**', scopes: ['invoices.read'], cost: 2 };
  return {
    asked,
    authorize: (rawHeaders: readonly string[], projectId: string | null = null) =>
      authorize(
        { rawHeaders, method: 'GET', address: '192.0.2.1' },
        published,
        { kind: 'routed', route, path: '/x', projectId },
        ports,
      ),
  };
}

const WITH_TOKEN = ['Authorization', `Bearer ${TOKEN}`];

describe('an access token on a published API', () => {
  it('lets its person through by the role, and charges the account and its organization [X1]', async () => {
    const { asked, authorize } = door(aPerson());
    expect(await authorize(WITH_TOKEN)).toMatchObject({ kind: 'allow', facts: { accountId: 'acc_1' } });
    expect(asked).toEqual([TOKEN, 'take 2 account:acc_1:exante=10 org:org_1:exante=20']);
  });

  it('has the quotas that the operator has set for the organization', async () => {
    const own = { key: [{ windowSeconds: 60, quota: 7 }], organization: [{ windowSeconds: 60, quota: 8 }] };
    const { asked, authorize } = door(aPerson({ organizationLimits: own }));
    await authorize(WITH_TOKEN);
    expect(asked[1]).toBe('take 2 account:acc_1:exante=7 org:org_1:exante=8');
  });

  it('may come from a browser, where a key may not [X12]', async () => {
    const { authorize } = door(aPerson());
    const origin = ['Origin', 'https://console.example'];
    expect(await authorize([...WITH_TOKEN, ...origin])).toMatchObject({ kind: 'allow' });
    expect(await authorize(['Authorization', `Bearer ${KEY}`, ...origin])).toMatchObject({ code: 'browser_refused' });
  });

  it.each<[PersonLookup, string]>([
    ['token_invalid', 'token_invalid'],
    ['token_expired', 'token_expired'],
    ['token_ended', 'token_ended'],
    ['membership_missing', 'membership_missing'],
    ['unavailable', 'verification_unavailable'],
    [aPerson({ organizationSuspended: true }), 'organization_suspended'],
    [aPerson({ scopes: [] }), 'scope_missing'],
    [aPerson({ scopes: ['invoices.write', 'invoices.rea', 'invoices'] }), 'scope_missing'],
  ])('is refused, and charged nothing: %j', async (found, code) => {
    const { asked, authorize } = door(found);
    expect(await authorize(WITH_TOKEN)).toMatchObject({ kind: 'deny', code });
    expect(asked).toEqual([TOKEN]);
  });

  it('is refused on a route that names a project: persons are of an organization', async () => {
    const { authorize } = door(aPerson());
    expect(await authorize(WITH_TOKEN, 'prj_1')).toMatchObject({ code: 'key_of_other_project' });
  });

  it('is refused where limits cannot be asked, and says when to come back where they are used up', async () => {
    const out = door(aPerson(), { takeLimits: async () => ({ kind: 'unavailable' }) });
    expect(await out.authorize(WITH_TOKEN)).toMatchObject({ code: 'limits_unavailable' });
    const used = door(aPerson(), {
      takeLimits: async () => ({ kind: 'refused', windows: [], retryAfterSeconds: 9 }),
    });
    expect(await used.authorize(WITH_TOKEN)).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 9 });
  });

  it('is asked about nobody where it has not the form of one [T-15]', async () => {
    const { asked, authorize } = door(aPerson());
    for (const token of ['eyJ', 'eyJ.', 'eyJ.a', 'eyJ.a.b.c', 'eyJ..', 'eyJ.a$.b', `eyJ.${'a'.repeat(9_000)}.b`]) {
      expect(await authorize(['Authorization', `Bearer ${token}`])).toMatchObject({ code: 'token_invalid' });
    }
    expect(asked).toEqual([]);
  });

  it('is no key, and a key is no token, wherever either is put', async () => {
    const { asked, authorize } = door(aPerson());
    expect(await authorize(['X-API-Key', TOKEN])).toMatchObject({ code: 'key_malformed' });
    expect(await authorize([...WITH_TOKEN, 'X-API-Key', KEY])).toMatchObject({ code: 'credentials_disagree' });
    expect(await authorize(['Authorization', `Bearer ${KEY}`])).toMatchObject({ code: 'key_unknown' });
    expect(asked).toEqual(['key']);
  });

  it('is refused as a malformed key where the profile takes none [T7]', async () => {
    const { asked, authorize } = door(aPerson(), {}, { tokens: undefined });
    expect(await authorize(WITH_TOKEN)).toMatchObject({ code: 'key_malformed' });
    expect(asked).toEqual([]);
  });
});
