import { describe, expect, it } from '@jest/globals';
import { configurationSchema } from './configuration-schema.js';
import { pathText } from './problem.js';
import { type Profile, profileSchema } from './profile-schema.js';
import { resolveCatalog } from './resolve-catalog.js';

const plain = {
  name: 'acme',
  key: { prefixes: { live: 'ac_' } },
  credentials: [{ header: 'X-API-Key' }],
  scopes: { 'a.read': 'Read a' },
  plans: { free: { key: { day: 100, second: 5 }, organization: { minute: 60 }, keysMax: 5 }, pro: {} },
  defaultPlan: 'free',
  errors: { body: '{message}' },
};
const acme = profileSchema.parse(plain);
const profiles = new Map<string, Profile>([['acme', acme]]);
const apiOf = (more: object = {}) => ({
  name: 'one',
  profile: 'acme',
  upstream: 'http://127.0.0.1:9000/base',
  ...more,
});

function resolve(configuration: object) {
  return resolveCatalog(configurationSchema.parse(configuration), profiles);
}

function problemsOf(configuration: object): string[] {
  const resolved = resolve(configuration);
  return resolved.kind === 'refused'
    ? resolved.problems.map(({ path, message }) => `${pathText(path)}: ${message}`)
    : [];
}

function firstApi(configuration: object) {
  const resolved = resolve(configuration);
  if (resolved.kind === 'refused') throw new Error(JSON.stringify(resolved.problems));
  const [first] = resolved.catalog.apis;
  if (first === undefined) throw new Error('no API');
  return first;
}

describe('resolveCatalog', () => {
  it('publishes every route to every valid key where no routes are given', () => {
    expect(firstApi({ apis: [apiOf()] }).routes).toEqual([{ method: '*', pattern: '/**', scopes: [], cost: 1 }]);
  });

  it('takes routes apart in their order', () => {
    const routes = [{ match: 'POST /v1/x', scopes: ['a.read'], cost: 3 }, { match: '* /v1/*/y/**' }];
    expect(firstApi({ apis: [apiOf({ routes })] }).routes).toEqual([
      { method: 'POST', pattern: '/v1/x', scopes: ['a.read'], cost: 3 },
      { method: '*', pattern: '/v1/*/y/**', scopes: [], cost: 1 },
    ]);
  });

  it('turns the quotas of plans into windows, shortest first', () => {
    expect({ ...firstApi({ apis: [apiOf()] }).plans }).toEqual({
      free: {
        key: [
          { windowSeconds: 1, quota: 5 },
          { windowSeconds: 86_400, quota: 100 },
        ],
        organization: [{ windowSeconds: 60, quota: 60 }],
        keysMax: 5,
      },
      pro: { key: [], organization: [], keysMax: null },
    });
  });

  it("lets an API's plans go before the installation's, and those before the profile's, each subject as a whole", () => {
    const plans = { free: { key: { minute: 7 } }, pro: { organization: { day: 9 } } };
    const { free, pro } = firstApi({ apis: [apiOf({ plans: { free: { organization: {} } } })], plans }).plans;
    expect(free).toMatchObject({ key: [{ windowSeconds: 60, quota: 7 }], organization: [] });
    expect(pro).toMatchObject({ key: [], organization: [{ windowSeconds: 86_400, quota: 9 }] });
    expect(firstApi({ apis: [apiOf({ plans: { free: { key: { hour: 1 } } } })], plans }).plans['free']?.key).toEqual([
      { windowSeconds: 3600, quota: 1 },
    ]);
  });

  it('[A2] takes the number of keys from the API, then the installation, then the profile; null is any number', () => {
    const keysMax = (api: object, plans = {}) =>
      firstApi({ apis: [{ ...apiOf(), plans: api }], plans }).plans['free']?.keysMax;
    expect(keysMax({})).toBe(5);
    expect(keysMax({}, { free: { keysMax: 7 } })).toBe(7);
    expect(keysMax({ free: { keysMax: 0 } }, { free: { keysMax: 7 } })).toBe(0);
    expect(keysMax({ free: { keysMax: null } }, { free: { keysMax: 7 } })).toBeNull();
  });

  it('tells upstreams with a signed token who calls, unless the API says that headers are enough', () => {
    expect(firstApi({ apis: [apiOf()] }).upstreamIdentity).toBe('token');
    expect(firstApi({ apis: [apiOf({ upstreamIdentity: 'headers' })] }).upstreamIdentity).toBe('headers');
  });

  it('asks for every key and every limit, unless the API says that its gateways lease them', () => {
    expect(firstApi({ apis: [apiOf()] })).toMatchObject({ verification: 'queried', limits: 'queried' });
    const leased = { verification: 'leased', limits: 'leased' };
    expect(firstApi({ apis: [apiOf(leased)] })).toMatchObject(leased);
  });

  it('[G11] knows which environments, what a leak does and which former keys, and what holds where nothing is said', () => {
    expect(firstApi({ apis: [apiOf()] })).toMatchObject({ environments: null, leakPolicy: 'revoke', importedKeys: [] });
    const old = { prefix: 'old_', length: 40 };
    const importedKeys = [
      { ...old, digest: 'sha256' },
      { ...old, length: 41, digest: 'hmac-sha256', pepper: 'LEGACY' },
    ];
    expect(firstApi({ apis: [apiOf({ environments: ['live'], leakPolicy: 'notify', importedKeys })] })).toMatchObject({
      environments: ['live'],
      leakPolicy: 'notify',
      importedKeys: [
        { prefix: 'old_', length: 40, digest: 'sha256', pepper: null },
        { prefix: 'old_', length: 41, digest: 'hmac-sha256', pepper: 'LEGACY' },
      ],
    });
  });

  it('refuses environments that the profile does not have, or that are named twice', () => {
    expect(problemsOf({ apis: [apiOf({ environments: ['live', 'prod', 'live'] })] })).toEqual([
      'apis[0].environments[2]: live is there twice',
      'apis[0].environments[1]: the profile acme has no environment prod; known are live',
    ]);
  });

  it('refuses a form of imported keys that cannot be told from another, or from keys of its own', () => {
    const form = (prefix: string, length: number) => ({ prefix, length, digest: 'sha256' });
    const clash = (...importedKeys: object[]) => problemsOf({ apis: [apiOf({ importedKeys })] });
    // ac_ and 49 digits.
    expect(clash(form('ac_', 52))).toEqual([
      'apis[0].importedKeys[0].prefix: a key of this form could not be told from a key of the environment live: both the beginning and the length agree',
    ]);
    expect(clash(form('', 52))).toHaveLength(1);
    expect(clash(form('ac_old_', 52))).toHaveLength(1);
    expect(clash(form('ac_', 51), form('ac_', 53), form('ad_', 52), form('ac-', 52))).toEqual([]);
    expect(clash(form('old_', 40), form('old_x_', 40))).toEqual([
      'apis[0].importedKeys[1].prefix: a key of this form could not be told from a key of importedKeys[0]: both the beginning and the length agree',
    ]);
  });

  it('counts every length of a slug where the prefix holds one', () => {
    const slugged = profileSchema.parse({ ...plain, key: { prefixes: { live: 'ac_{project_slug}_' } } });
    const clashes = (length: number) => {
      const importedKeys = [{ prefix: 'ac_', length, digest: 'sha256' }];
      return resolveCatalog(
        configurationSchema.parse({ apis: [apiOf({ importedKeys })] }),
        new Map([['acme', slugged]]),
      ).kind;
    };
    expect([53, 54, 93, 94].map(clashes)).toEqual(['resolved', 'refused', 'refused', 'resolved']);
  });

  it('has no plan behind a name that only JavaScript knows', () => {
    expect(firstApi({ apis: [apiOf()] }).plans['constructor']).toBeUndefined();
  });

  it('lets two APIs have one profile, and so one key prefix', () => {
    expect(problemsOf({ apis: [apiOf(), apiOf({ name: 'two' })] })).toEqual([]);
  });

  it('refuses names and hosts that are there twice', () => {
    expect(problemsOf({ apis: [apiOf({ hosts: ['a.b', 'a.b'] }), apiOf({ hosts: ['a.b'] })] })).toEqual([
      'apis[1].name: one is there twice',
      'apis[0].hosts[1]: a.b is there twice',
      'apis[1].hosts[0]: a.b is there twice',
    ]);
  });

  it('keeps the name of the management API, and the beginning of its keys, for it alone', () => {
    const own = profileSchema.parse({ ...plain, name: 'own', key: { prefixes: { live: 'ghm_' } } });
    const near = profileSchema.parse({ ...plain, name: 'near', key: { prefixes: { live: 'gh_', test: 'ghmm_' } } });
    profiles.set('own', own).set('near', near);
    const importedKeys = [
      { prefix: 'ghm_old_', length: 40, digest: 'sha256' },
      { prefix: 'old_', length: 40, digest: 'sha256' },
    ];
    const apis = [
      apiOf({ name: 'gatehouse' }),
      apiOf({ profile: 'own' }),
      apiOf({ name: 'two', importedKeys }),
      apiOf({ name: 'gatehouse-2', profile: 'near' }),
    ];
    expect(problemsOf({ apis })).toEqual([
      'apis[0].name: gatehouse is the name of the management API; choose another',
      'apis[1].profile: keys of the profile own begin with ghm_, as those of the management API do',
      'apis[2].importedKeys[0].prefix: ghm_ is what keys of the management API begin with',
    ]);
  });

  it('refuses scopes and plans that the profile does not have, and says which it has', () => {
    const routes = [{ match: '* /**', scopes: ['a.read', 'a.write'] }];
    expect(problemsOf({ apis: [apiOf({ routes, plans: { pr: {} } })], plans: { prof: {} } })).toEqual([
      'plans.prof: there is no plan prof; known are free, pro',
      'apis[0].plans.pr: there is no plan pr; known are free, pro',
      'apis[0].routes[0].scopes[1]: the profile acme has no scope a.write; known are a.read',
    ]);
  });

  it('refuses a row that never applies', () => {
    const routes = [
      { match: 'GET /a' },
      { match: 'GET /a', scopes: ['a.read'] },
      { match: '* /**' },
      { match: 'GET /b' },
    ];
    expect(problemsOf({ apis: [apiOf({ routes })] })).toEqual([
      'apis[0].routes[1].match: never applies: routes[0] matches all of it before',
      'apis[0].routes[3].match: never applies: routes[2] matches all of it before',
    ]);
  });

  it('refuses a cost that no window could ever pay', () => {
    expect(problemsOf({ apis: [apiOf({ routes: [{ match: '* /**', cost: 6 }] })] })).toEqual([
      'apis[0].routes[0].cost: is more than a window of the plan free ever allows',
    ]);
    expect(problemsOf({ apis: [apiOf({ routes: [{ match: '* /**', cost: 5 }] })] })).toEqual([]);
  });
});
