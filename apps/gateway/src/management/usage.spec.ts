import { getKey } from '@gatehouse/contracts/keys';
import { getScopeUse, getUsage, listRequests } from '@gatehouse/contracts/usage';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { keyView } from './fake-keys-service.conformance.js';
import { type PlatformUnderTest, startPlatformUnderTest } from './platform-under-test.conformance.js';

const keyId = keyView().id;
const AT = '2026-01-15T12:00:00.000Z';
const caller = { address: '192.0.2.1', userAgent: 'curl/8', route: 'GET /invoices' };
const callerJson = { address: '192.0.2.1', user_agent: 'curl/8', route: 'GET /invoices' };
const secret = { uses: 3, lastUsedAt: AT, callers: [{ ...caller, uses: 2, lastUsedAt: AT }] };
const secretJson = { uses: 3, last_used_at: AT, callers: [{ ...callerJson, uses: 2, last_used_at: AT }] };

describe('the management API of usage', () => {
  let platform: PlatformUnderTest;
  let bearer: readonly string[];
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
    ({ bearer } = await platform.signIn('viewer@example.com'));
  });
  afterAll(() => platform.stop());
  afterEach(() => platform.world.instead.clear());

  const get = (path: string) => platform.send({ path: `/api/v1/keys/${keyId}${path}`, headers: bearer });

  it('says how much a key was used, when last, and by whom [X11] [E13]', async () => {
    const amounts = { requests: 9, refused: 2, cost: 7 };
    platform.world.instead.set(getUsage.subject, {
      kind: 'found',
      from: AT,
      to: AT,
      totals: { ...amounts, unlogged: 1 },
      step: 'day',
      series: [{ at: AT, ...amounts }],
      lastUsed: { at: AT, ...caller },
      secrets: [{ generation: 2, ...secret }],
    });
    const answer = await get('/usage?days=90');
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        days: 90,
        from: AT,
        to: AT,
        totals: { ...amounts, unlogged: 1 },
        step: 'day',
        series: [{ at: AT, ...amounts }],
        last_used: { at: AT, ...callerJson },
        secrets: [{ generation: 2, ...secretJson }],
      },
    ]);
    expect(platform.world.of(getUsage.subject).at(-1)).toMatchObject({
      keyId,
      days: 90,
      actor: { organizationId: 'org_AAAAAAAAAAAAAAAAAAAAAA', role: 'viewer' },
    });
  });

  it('lists the requests of a key [T30]', async () => {
    const request = {
      requestId: 'req_1',
      at: AT,
      generation: 1,
      ...caller,
      method: 'GET',
      path: '/invoices',
      status: 200,
      outcome: 'answered',
      cost: 1,
    };
    platform.world.instead.set(listRequests.subject, { kind: 'listed', requests: [request], nextCursor: 'next' });
    const answer = await get('/requests?cursor=here&limit=7');
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        data: [
          {
            at: AT,
            ...callerJson,
            method: 'GET',
            path: '/invoices',
            status: 200,
            outcome: 'answered',
            cost: 1,
            secret_generation: 1,
            request_id: 'req_1',
          },
        ],
        next_cursor: 'next',
      },
    ]);
    expect(platform.world.of(listRequests.subject).at(-1)).toMatchObject({ keyId, cursor: 'here', limit: 7 });
  });

  it('refuses a cursor that the keys service did not write', async () => {
    const refused = { kind: 'refused', code: 'invalid_cursor', message: 'is none' };
    platform.world.instead.set(listRequests.subject, refused);
    const answer = await get('/requests?cursor=x');
    expect([answer.status, answer.json]).toEqual([422, expect.objectContaining({ errors: { cursor: 'is none' } })]);
  });

  it('shows which scopes a key has needed, and proposes a narrower set', async () => {
    platform.world.instead.set(getScopeUse.subject, {
      kind: 'found',
      from: AT,
      granted: [
        { scope: 'a', uses: 4, lastUsedAt: AT },
        { scope: 'b', uses: 0, lastUsedAt: null },
      ],
      unused: ['b'],
      proposed: ['a'],
    });
    expect((await get('/scopes')).json).toEqual({
      days: 30,
      from: AT,
      granted: [
        { scope: 'a', uses: 4, last_used_at: AT },
        { scope: 'b', uses: 0, last_used_at: null },
      ],
      unused: ['b'],
      proposed: ['a'],
    });
  });

  it.each(['/usage', '/requests', '/scopes'])('answers 404 for a key that is not there or no id: %s', async (path) => {
    for (const id of [keyId, 'key_EEEEEEEEEEEEEEEEEEEEEE', 'x', 'key_%00']) {
      const answer = await platform.send({ path: `/api/v1/keys/${id}${path}`, headers: bearer });
      expect([answer.status, answer.json]).toEqual([404, expect.objectContaining({ code: 'not_found' })]);
    }
  });

  it.each([
    ['/usage?days=0', 'days'],
    ['/usage?days=366', 'days'],
    ['/usage?days=1.5', 'days'],
    ['/scopes?days=x', 'days'],
    ['/scopes?limit=1', 'limit'],
    ['/requests?limit=0', 'limit'],
    ['/requests?limit=101', 'limit'],
    ['/requests?cursor=', 'cursor'],
    ['/requests?days=1', 'days'],
  ])('refuses the query %s', async (path, field) => {
    const answer = await get(path);
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code: 'validation_error', errors: { [field]: expect.any(String) } });
  });

  it('says of a key when it was used last, and under rotation who still uses the old secret', async () => {
    const rotation = { startedAt: AT, graceUntil: AT, oldDisplay: 'ex_live_...AbCd', oldGeneration: 1 };
    const key = keyView({ lastUsed: { at: AT, ...caller }, rotation: { ...rotation, oldSecret: secret } });
    platform.world.instead.set(getKey.subject, { kind: 'found', key });
    const got = (await get('')).json;
    expect(got).toMatchObject({ last_used: { at: AT, ...callerJson }, rotation: { old_secret: secretJson } });

    platform.world.instead.set(getKey.subject, { kind: 'found', key: { ...key, rotation } });
    expect(((await get('')).json as { rotation: object }).rotation).not.toHaveProperty('old_secret');
  });
});
