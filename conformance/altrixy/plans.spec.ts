import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CreatedKey, type PlatformUnderTest, startPlatform } from '../platform.js';
import { type Answer, send } from '../send.js';
import { limitHeaders } from './limit-headers.js';

let platform: PlatformUnderTest;
let organization: string;

beforeAll(async () => {
  platform = await startPlatform();
  organization = (await platform.createKey({ api: 'altrixy' })).organization_id;
});
afterAll(() => platform?.stop());

const api = 'altrixy-plans';
const created: CreatedKey[] = [];
const create = (name: string) => platform.manage('POST', '/api/v1/keys', { api, name, scopes: ['portfolios.read'] });
const portfolios = (key: string, of = api) =>
  send(`${platform.apiBase(of)}/v1/portfolios`, { headers: { 'x-api-key': key } });
const setPlan = async (plan: string, limits?: object) => {
  const answer = await platform.manage('PUT', `/api/v1/orgs/${organization}/plan`, { plan, limits });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
};

/** Creates so many at the same moment. @returns the keys that were created, and the answers of the others */
async function createAtOnce(count: number): Promise<{ keys: CreatedKey[]; refused: Answer[] }> {
  const answers = await Promise.all(Array.from({ length: count }, (_, index) => create(`key ${index}`)));
  const keys = answers.filter(({ status }) => status === 201).map((answer) => answer.json() as CreatedKey);
  created.push(...keys);
  return { keys, refused: answers.filter(({ status }) => status !== 201) };
}

describe('Altrixy, the number of keys', () => {
  it('[A2] lets 5 of 100 be created at the same moment on the free plan', async () => {
    const { keys, refused } = await createAtOnce(100);
    expect(keys).toHaveLength(5);
    expect(refused).toHaveLength(95);
    for (const answer of refused) {
      expect([answer.status, answer.json()]).toMatchObject([409, { code: 'key_quota_reached' }]);
      expect(answer.text).not.toContain('altx_sk_');
    }
    for (const { key } of keys) expect((await portfolios(key)).status).toBe(200);
  });

  it('[A2] revokes each by itself, which makes room for one more', async () => {
    const [gone, ...others] = created.splice(0);
    if (gone === undefined) throw new Error('no key was created');
    await platform.revokeKey(gone.id);
    expect((await portfolios(gone.key)).status).toBe(401);
    for (const { key } of others) expect((await portfolios(key)).status).toBe(200);
    created.push(...others);
    expect((await createAtOnce(20)).keys).toHaveLength(1);
  });

  it.each(['pro', 'team', 'enterprise'])('[A2] lets there be 25 on the plan %s', async (plan) => {
    await setPlan(plan);
    await createAtOnce(100);
    expect(created).toHaveLength(25);
    expect((await create('one more')).status).toBe(409);
    await platform.revokeKey((created.pop() as CreatedKey).id);
    expect((await create('in its place')).status).toBe(201);
    // Back to what the next plan begins with.
    const listed = (await platform.manage('GET', `/api/v1/keys?api=${api}&limit=100`)).json() as {
      data: { id: string; state: string }[];
    };
    const live = listed.data.filter(({ state }) => state === 'active');
    expect(live).toHaveLength(25);
    await Promise.all(live.map(({ id }) => platform.revokeKey(id)));
    created.splice(0);
  });
});

describe('Altrixy, the quotas of plans', () => {
  const PLANS = [
    ['free', 10, 30, 1_000],
    ['pro', 30, 120, 10_000],
    ['team', 60, 300, 50_000],
  ] as const;
  const newKey = async () => (await platform.createKey({ api, scopes: ['portfolios.read'] })).key;

  it('[A9] are those of the table', async () => {
    const apis = (await platform.manage('GET', '/api/v1/apis')).json() as {
      data: { name: string; plans: { name: string; limits: { key: unknown } }[] }[];
    };
    const plans = apis.data.find(({ name }) => name === api)?.plans;
    expect(plans?.map(({ name }) => name)).toEqual(['free', 'pro', 'team', 'enterprise']);
    for (const [name, second, minute, day] of PLANS) {
      expect(plans?.find((plan) => plan.name === name)?.limits.key).toEqual({ second, minute, day });
    }
  });

  it.each(PLANS.map(([plan, second]) => [plan, second] as const))(
    '[A9] on %s let a burst of %i through in one second',
    async (plan, second) => {
      await setPlan(plan);
      const { allowed, refused } = await burstWithinOneSecond(second);
      expect(allowed).toHaveLength(second);
      for (const answer of refused) {
        expect([answer.status, answer.header('retry-after')]).toEqual([429, '1']);
        expect(limitHeaders(answer)).toMatchObject({ limit: second, remaining: 0 });
      }
    },
    60_000,
  );

  it.each(PLANS.map(([plan, , minute]) => [plan, minute] as const))(
    '[A9] on %s let %i through in one minute',
    async (plan, minute) => {
      await setPlan(plan);
      const { allowed, last } = await useUpOneMinute(minute);
      expect(allowed).toBe(minute);
      expect(limitHeaders(last)).toMatchObject({ limit: minute, remaining: 0 });
    },
    120_000,
  );

  it('[A9] on enterprise are what is configured for the customer', async () => {
    const key = await newKey();
    await setPlan('enterprise', { key: { minute: 1_000, day: 7 } });
    expect(limitHeaders(await portfolios(key))).toMatchObject({ limit: 1_000, remaining: 999 });
    const statuses = [];
    for (let request = 0; request < 7; request++) statuses.push((await portfolios(key)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429]);
    expect(limitHeaders(await portfolios(key))).toMatchObject({ limit: 7, remaining: 0 });
    await setPlan('enterprise', { key: { minute: 2_000 } });
    expect(limitHeaders(await portfolios(key))).toMatchObject({ limit: 2_000 });
  });

  it('[A9] on free let 1,000 through in a day', async () => {
    await setPlan('free');
    const { key } = await platform.createKey({ api: 'altrixy-day', scopes: ['portfolios.read'] });
    const statuses: number[] = [];
    const client = async () => {
      while (statuses.length < 1_010) statuses.push((await portfolios(key, 'altrixy-day')).status);
    };
    await Promise.all(Array.from({ length: 20 }, client));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1_000);
  });

  /** A burst that began and ended in one second, by a new key; one that did not says nothing. */
  async function burstWithinOneSecond(quota: number): Promise<{ allowed: Answer[]; refused: Answer[] }> {
    for (let attempt = 0; attempt < 10; attempt++) {
      const key = await newKey();
      await wait(1_000 - (Date.now() % 1_000));
      const startedSecond = Math.floor(Date.now() / 1_000);
      const answers = await Promise.all(Array.from({ length: quota + 20 }, () => portfolios(key)));
      if (Math.floor(Date.now() / 1_000) !== startedSecond) continue;
      return {
        allowed: answers.filter(({ status }) => status === 200),
        refused: answers.filter(({ status }) => status !== 200),
      };
    }
    throw new Error('no burst lay within one second');
  }

  /** Sends until the minute refuses; a minute that ended meanwhile says nothing. */
  async function useUpOneMinute(quota: number): Promise<{ allowed: number; last: Answer }> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const key = await newKey();
      let allowed = 0;
      let reset: number | undefined;
      for (;;) {
        const answer = await portfolios(key);
        const told = limitHeaders(answer);
        if (answer.status === 429 && told.limit === quota) {
          if (told.reset !== reset) break;
          return { allowed, last: answer };
        }
        if (answer.status === 429) {
          // The wait is the promise under test.
          await wait(Number(answer.header('retry-after')) * 1_000);
          continue;
        }
        reset ??= told.reset;
        if (told.reset !== reset) break;
        allowed++;
      }
    }
    throw new Error('every attempt ran over the end of a minute');
  }
});
