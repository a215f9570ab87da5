import { MemoryCounters } from '@gatehouse/limit-domain/memory-counters';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ORGANIZATIONS } from '../management/fake-world.conformance.js';
import { type PlatformUnderTest, startPlatformUnderTest } from '../management/platform-under-test.conformance.js';
import { chargeFor, limitCheckBody, limitCheckJson } from './limit-question.js';

const [OWN, OTHER] = ORGANIZATIONS;
const NOW_MS = Date.UTC(2026, 0, 15, 12, 0, 7);
const question = { namespace: 'mail', identifier: 'ada@example.com', limit: 3, window_seconds: 60 };

describe('a limit of a service’s own', () => {
  const counters = new MemoryCounters();
  const check = (changes: object = {}, organizationId: string = OWN, nowMs = NOW_MS) => {
    const charge = chargeFor(organizationId, limitCheckBody.parse({ ...question, ...changes }));
    return limitCheckJson(counters.take(charge.subjects, charge.cost, nowMs), charge);
  };

  it('is charged, and refuses with how long to wait', () => {
    expect(check({ cost: 3 })).toEqual({ allowed: true, limit: 3, remaining: 0, reset_at: '2026-01-15T12:01:00.000Z' });
    expect(check()).toEqual({
      allowed: false,
      limit: 3,
      remaining: 0,
      reset_at: '2026-01-15T12:01:00.000Z',
      retry_after: 53,
    });
  });

  it('counts apart by organization, namespace and identifier, however they are written', () => {
    for (const [changes, organizationId] of [
      [{}, OTHER],
      [{ namespace: 'mail:ada' }, OWN],
      [{ namespace: 'mai', identifier: 'lada@example.com' }, OWN],
      [{ identifier: 'ada@example.com ü€𝄞' }, OWN],
    ] as const) {
      expect(check({ ...changes, cost: 3 }, organizationId)).toMatchObject({ allowed: true, remaining: 0 });
    }
  });

  it('may be counted by any algorithm, and tells a bucket by its size', () => {
    const bucket = { identifier: 'bucket', algorithm: 'token-bucket', burst: 9 };
    expect(check({ ...bucket, cost: 8 })).toMatchObject({ allowed: true, limit: 9, remaining: 1 });
    expect(check({ ...bucket, cost: 2 })).toMatchObject({ allowed: false, retry_after: 20 });
    const sliding = { identifier: 'sliding', algorithm: 'sliding-window', cost: 3 };
    expect(check(sliding)).toMatchObject({ allowed: true });
    expect(check(sliding, OWN, NOW_MS + 59_000)).toMatchObject({ allowed: false, retry_after: 1 });
  });
});

describe('POST /api/v1/limits/check', () => {
  let platform: PlatformUnderTest;
  let bearer: readonly string[];
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
    ({ bearer } = await platform.signIn('developer@example.com'));
  });
  afterAll(() => platform.stop());
  beforeEach(() => {
    platform.keys.down = undefined;
    platform.keys.charges.length = 0;
  });

  const post = (body: object, headers: readonly string[] = bearer) =>
    platform.send({ method: 'POST', path: '/api/v1/limits/check', headers, body });

  it('charges what was asked for, to the organization that asks', async () => {
    const { status, json } = await post({ ...question, cost: 2 });
    expect({ status, json }).toMatchObject({ status: 200, json: { allowed: true, limit: 3, remaining: 1 } });
    expect(platform.keys.charges).toEqual([{ subjects: [expect.stringContaining(`check:${OWN}:`)], cost: 2 }]);
  });

  it('takes a management key with the scope limits.check, and no other', async () => {
    const key = (scopes: string[]) => {
      const secret = platform.keys.add('gatehouse', { organizationId: OWN, scopes, creatorRole: 'owner' });
      return ['authorization', `Bearer ${secret}`];
    };
    expect((await post(question, key(['limits.check']))).status).toBe(200);
    expect((await post(question, key(['keys.verify']))).status).toBe(403);
    expect((await post(question, [])).status).toBe(401);
  });

  it.each([
    [{ limit: 0 }, 'limit'],
    [{ window_seconds: 0 }, 'window_seconds'],
    [{ window_seconds: 86_400 * 32 }, 'window_seconds'],
    [{ cost: -1 }, 'cost'],
    [{ identifier: '' }, 'identifier'],
    [{ burst: 5 }, 'burst'],
    [{ algorithm: 'leaky' }, 'algorithm'],
    [{ algorithm: 'token-bucket', window_seconds: 86_400, limit: 4_000_000_000 }, 'limit'],
    [{ limits: 5 }, 'limits'],
  ])('refuses %j by field, and charges nothing', async (changes, field) => {
    const { status, json } = await post({ ...question, ...changes });
    expect({ status, json }).toMatchObject({ status: 422, json: { errors: { [field]: expect.any(String) } } });
    expect(platform.keys.charges).toEqual([]);
  });

  it('says 503 where limits cannot be asked, never allowed', async () => {
    platform.keys.down = 'limits';
    expect((await post(question)).status).toBe(503);
  });
});
