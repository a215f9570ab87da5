import { describe, expect, it } from '@jest/globals';
import { configurationSchema } from './configuration-schema.js';
import { pathText } from './problem.js';
import { type Profile, profileSchema } from './profile-schema.js';
import { resolveCatalog } from './resolve-catalog.js';

const acme = profileSchema.parse({
  name: 'acme',
  key: { prefixes: { live: 'ac_' } },
  credentials: [{ header: 'X-API-Key' }],
  scopes: { 'a.read': 'Read a' },
  plans: { free: { key: { day: 100, second: 5 }, organization: { minute: 60 } }, pro: {} },
  defaultPlan: 'free',
  errors: { body: '{message}' },
});
const profiles = new Map<string, Profile>([['acme', acme]]);
const api = (more: object = {}) => ({ name: 'one', profile: 'acme', upstream: 'http://127.0.0.1:9000/base', ...more });

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
    expect(firstApi({ apis: [api()] }).routes).toEqual([{ method: '*', pattern: '/**', scopes: [], cost: 1 }]);
  });

  it('takes routes apart in their order', () => {
    const routes = [{ match: 'POST /v1/x', scopes: ['a.read'], cost: 3 }, { match: '* /v1/*/y/**' }];
    expect(firstApi({ apis: [api({ routes })] }).routes).toEqual([
      { method: 'POST', pattern: '/v1/x', scopes: ['a.read'], cost: 3 },
      { method: '*', pattern: '/v1/*/y/**', scopes: [], cost: 1 },
    ]);
  });

  it('turns the quotas of plans into windows, shortest first', () => {
    expect({ ...firstApi({ apis: [api()] }).plans }).toEqual({
      free: {
        key: [
          { windowSeconds: 1, quota: 5 },
          { windowSeconds: 86_400, quota: 100 },
        ],
        organization: [{ windowSeconds: 60, quota: 60 }],
      },
      pro: { key: [], organization: [] },
    });
  });

  it("lets an API's plans go before the installation's, and those before the profile's, each subject as a whole", () => {
    const plans = { free: { key: { minute: 7 } }, pro: { organization: { day: 9 } } };
    const { free, pro } = firstApi({ apis: [api({ plans: { free: { organization: {} } } })], plans }).plans;
    expect(free).toEqual({ key: [{ windowSeconds: 60, quota: 7 }], organization: [] });
    expect(pro).toEqual({ key: [], organization: [{ windowSeconds: 86_400, quota: 9 }] });
    expect(firstApi({ apis: [api({ plans: { free: { key: { hour: 1 } } } })], plans }).plans['free']?.key).toEqual([
      { windowSeconds: 3600, quota: 1 },
    ]);
  });

  it('has no plan behind a name that only JavaScript knows', () => {
    expect(firstApi({ apis: [api()] }).plans['constructor']).toBeUndefined();
  });

  it('lets two APIs have one profile, and so one key prefix', () => {
    expect(problemsOf({ apis: [api(), api({ name: 'two' })] })).toEqual([]);
  });

  it('refuses names and hosts that are there twice', () => {
    expect(problemsOf({ apis: [api({ hosts: ['a.b', 'a.b'] }), api({ hosts: ['a.b'] })] })).toEqual([
      'apis[1].name: one is there twice',
      'apis[0].hosts[1]: a.b is there twice',
      'apis[1].hosts[0]: a.b is there twice',
    ]);
  });

  it('refuses scopes and plans that the profile does not have, and says which it has', () => {
    const routes = [{ match: '* /**', scopes: ['a.read', 'a.write'] }];
    expect(problemsOf({ apis: [api({ routes, plans: { pr: {} } })], plans: { prof: {} } })).toEqual([
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
    expect(problemsOf({ apis: [api({ routes })] })).toEqual([
      'apis[0].routes[1].match: never applies: routes[0] matches all of it before',
      'apis[0].routes[3].match: never applies: routes[2] matches all of it before',
    ]);
  });

  it('refuses a cost that no window could ever pay', () => {
    expect(problemsOf({ apis: [api({ routes: [{ match: '* /**', cost: 6 }] })] })).toEqual([
      'apis[0].routes[0].cost: is more than a window of the plan free ever allows',
    ]);
    expect(problemsOf({ apis: [api({ routes: [{ match: '* /**', cost: 5 }] })] })).toEqual([]);
  });
});
