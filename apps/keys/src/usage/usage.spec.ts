import { randomBytes } from 'node:crypto';
import { BusFault } from '@gatehouse/bus/bus';
import { call } from '@gatehouse/bus/call.client';
import type { Actor } from '@gatehouse/contracts/actor';
import { USAGE_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { cancelRotation, getKey, listKeys, rotateKey } from '@gatehouse/contracts/keys';
import { getScopeUse, getUsage, listRequests } from '@gatehouse/contracts/usage';
import { decodeUsageAnswer, type KeyUse } from '@gatehouse/contracts/usage-report';
import { describe, expect, it } from '@jest/globals';
import { actor, issued, withKeys } from '../keys-under-test.conformance.js';
import { until } from '../replica-under-test.conformance.js';
import { exampleKeyUse, exampleReport, exampleRequest, exampleSecretUse } from './example-report.conformance.js';

const tests = withKeys();
const RANDOM_ID = 'key_0123456789ABCDEFGHIJKL';

/** What a gateway does with a report. */
async function tell(...keys: readonly KeyUse[]) {
  return decodeUsageAnswer(await tests.bus.request(USAGE_SUBJECT, encoded(exampleReport(...keys)), 5_000));
}
const encoded = (report: unknown) => Buffer.from(JSON.stringify(report));

const used = (keyId: string, changes: Partial<KeyUse> = {}) => {
  const atMs = tests.nowMs;
  const caller = { lastAtMs: atMs, address: '192.0.2.1', userAgent: 'curl/8', route: 'GET /invoices' };
  return exampleKeyUse(keyId, {
    last: caller,
    hours: [{ startMs: atMs - (atMs % 3_600_000), requests: 1, refused: 0, cost: 1, unlogged: 0 }],
    scopes: [],
    secrets: [exampleSecretUse({ lastAtMs: atMs, callers: [{ uses: 1, ...caller }] })],
    log: [exampleRequest({ atMs })],
    ...changes,
  });
};
const CALLER = { address: '192.0.2.1', userAgent: 'curl/8', route: 'GET /invoices' };
const found = async (by: Actor, keyId: string) => {
  const answer = await call(tests.client, getKey, { actor: by, keyId });
  if (answer.kind !== 'found') throw new Error('the key is gone');
  return answer.key;
};

describe('the usage of a key, over the bus', () => {
  it('is what gateways told, in the answers about the key and in its list', async () => {
    const by = actor();
    const { key } = await issued(tests, by);
    const other = (await issued(tests, by)).key;
    expect([key.lastUsed, (await found(by, key.id)).lastUsed]).toEqual([null, null]);
    expect(await tell(used(key.id))).toBe('counted');
    const at = new Date(tests.nowMs).toISOString();
    const lastUsed = { at, ...CALLER };
    expect((await found(by, key.id)).lastUsed).toEqual(lastUsed);
    const listed = await call(tests.client, listKeys, { actor: by });
    if (listed.kind !== 'listed') throw new Error('not listed');
    expect(new Map(listed.keys.map((one) => [one.id, one.lastUsed]))).toEqual(
      new Map([
        [key.id, lastUsed],
        [other.id, null],
      ]),
    );
    expect(await call(tests.client, getUsage, { actor: by, keyId: key.id, days: 1 })).toMatchObject({
      kind: 'found',
      to: at,
      step: 'hour',
      totals: { requests: 1, refused: 0, cost: 1, unlogged: 0 },
      series: [{ requests: 1 }],
      lastUsed,
      secrets: [{ generation: 1, uses: 1, lastUsedAt: at, callers: [{ ...CALLER, uses: 1, lastUsedAt: at }] }],
    });
  });

  it('of another organization is not found, as that of a key that does not exist', async () => {
    const { key } = await issued(tests, actor());
    await tell(used(key.id));
    for (const keyId of [key.id, RANDOM_ID, 'x']) {
      const asked = { actor: actor(), keyId };
      for (const answer of [
        await call(tests.client, getUsage, { ...asked, days: 30 }),
        await call(tests.client, getScopeUse, { ...asked, days: 30 }),
        await call(tests.client, listRequests, asked),
      ]) {
        expect(answer).toEqual({ kind: 'not_found' });
      }
    }
  });

  it('is listed request by request, page by page, newest first [T30]', async () => {
    const by = actor();
    const { key } = await issued(tests, by);
    const log = Array.from({ length: 5 }, (_, index) => exampleRequest({ atMs: tests.nowMs + index }));
    await tell(used(key.id, { log }));
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await call(tests.client, listRequests, { actor: by, keyId: key.id, cursor, limit: 2 });
      if (page.kind !== 'listed') throw new Error('not listed');
      seen.push(...page.requests.map(({ requestId }) => requestId));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(log.map(({ requestId }) => requestId).reverse());
    const refused = { actor: by, keyId: key.id, cursor: 'nonsense' };
    expect(await call(tests.client, listRequests, refused)).toMatchObject({ kind: 'refused', code: 'invalid_cursor' });
  });

  it('proposes the scopes that were needed in the days that are asked for', async () => {
    const by = actor();
    const { key } = await issued(tests, by);
    const ask = (days: number) => call(tests.client, getScopeUse, { actor: by, keyId: key.id, days });
    const never = { granted: [{ scope: 'invoices.read', uses: 0, lastUsedAt: null }], unused: ['invoices.read'] };
    expect(await ask(30)).toMatchObject({ ...never, proposed: [] });
    const lastAtMs = tests.nowMs - 10 * 86_400_000;
    const dayMs = lastAtMs - (lastAtMs % 86_400_000);
    await tell(used(key.id, { scopes: [{ scope: 'invoices.read', dayMs, uses: 3, lastAtMs }] }));
    expect(await ask(30)).toMatchObject({
      granted: [{ scope: 'invoices.read', uses: 3, lastUsedAt: new Date(lastAtMs).toISOString() }],
      unused: [],
      proposed: ['invoices.read'],
    });
    expect(await ask(10)).toMatchObject({ ...never, proposed: [] });
    expect(await ask(11)).toMatchObject({ proposed: ['invoices.read'] });
  });

  it('shows who still uses the old secret while a rotation is under way, and begins at zero with each', async () => {
    const by = actor();
    const { key } = await issued(tests, by);
    await tell(used(key.id));
    expect((await found(by, key.id)).rotation).toBeNull();

    const rotate = { actor: by, keyId: key.id, projectSlug: 'default', graceSeconds: 3_600 };
    const none = { uses: 0, lastUsedAt: null, callers: [] };
    const rotated = await call(tests.client, rotateKey, rotate);
    expect(rotated).toMatchObject({ kind: 'rotated', key: { rotation: { oldSecret: none } } });
    expect((await found(by, key.id)).rotation?.oldSecret).toEqual(none);

    const old = exampleSecretUse({ retiring: true, lastAtMs: tests.nowMs });
    await tell(used(key.id, { secrets: [{ ...old, uses: 2 }, exampleSecretUse({ generation: 2 })] }));
    expect((await found(by, key.id)).rotation?.oldSecret).toMatchObject({
      uses: 2,
      lastUsedAt: new Date(tests.nowMs).toISOString(),
      callers: [{ ...CALLER, uses: 1 }],
    });

    await call(tests.client, cancelRotation, { actor: by, keyId: key.id });
    expect((await found(by, key.id)).rotation).toBeNull();
    expect(await call(tests.client, rotateKey, rotate)).toMatchObject({ key: { rotation: { oldSecret: none } } });
    expect((await found(by, key.id)).rotation?.oldSecret).toEqual(none);
  });

  it('of keys that came seldom is counted while the service runs', async () => {
    const by = actor();
    const { key } = await issued(tests, by);
    const report = {
      reportId: randomBytes(16).toString('hex'),
      shard: 0,
      callers: { addresses: ['192.0.2.1'], userAgents: ['curl/8'], routes: ['GET /invoices'] },
      scopeSets: [[]],
      uses: {
        keyIds: [key.id],
        generations: [1],
        atMs: [tests.nowMs],
        callers: [0],
        scopes: [0],
        costs: [1],
        refused: [false],
        logged: [false],
      },
      log: [],
    };
    expect(decodeUsageAnswer(await tests.bus.request(USAGE_SUBJECT, encoded(report), 5_000))).toBe('counted');
    await until(async () => (await found(by, key.id)).lastUsed !== null);
    expect((await found(by, key.id)).lastUsed).toEqual({ at: new Date(tests.nowMs).toISOString(), ...CALLER });
  });

  it('is a fault where a report is malformed, and nothing of it is counted', async () => {
    const by = actor();
    const { key } = await issued(tests, by);
    const reportId = randomBytes(16).toString('hex');
    for (const payload of [
      Buffer.from('{'),
      encoded({ reportId, keys: [{ keyId: key.id }] }),
      encoded({ reportId, shard: 0, uses: {} }),
      encoded({
        reportId,
        keys: [used(key.id, { hours: [{ startMs: 0, requests: -1, refused: 0, cost: 0, unlogged: 0 }] })],
      }),
    ]) {
      await expect(tests.bus.request(USAGE_SUBJECT, payload, 5_000)).rejects.toBeInstanceOf(BusFault);
    }
    expect((await found(by, key.id)).lastUsed).toBeNull();
  });

  it('is kept by the gateway while PostgreSQL is away, and counts once when it is back', async () => {
    const by = actor();
    const { key } = await issued(tests, by);
    const report = encoded(exampleReport(used(key.id)));
    const send = async () => decodeUsageAnswer(await tests.bus.request(USAGE_SUBJECT, report, 10_000));
    await tests.owner.query('ALTER ROLE gatehouse_keys NOLOGIN');
    await tests.owner.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gatehouse_keys'");
    for (let tries = 0; tries < 3; tries++) expect(await send()).toBe('unavailable');
    await tests.owner.query('ALTER ROLE gatehouse_keys LOGIN');
    const deadlineMs = performance.now() + 20_000;
    while ((await send()) !== 'counted') if (performance.now() > deadlineMs) throw new Error('it stays unavailable');
    expect(await send()).toBe('counted');
    expect(await call(tests.client, getUsage, { actor: by, keyId: key.id, days: 1 })).toMatchObject({
      totals: { requests: 1 },
    });
  });
});
