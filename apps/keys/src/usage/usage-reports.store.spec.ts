import { type KeyUse, type UsageReport, usageReportSchema } from '@gatehouse/contracts/usage-report';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ACTOR, newKey, withReplicas } from '../replica-under-test.conformance.js';
import {
  exampleKeyUse,
  exampleReport,
  exampleRequest,
  exampleSecretUse,
  START_MS,
} from './example-report.conformance.js';
import { rowsOfReport } from './rows-of-report.js';
import { forgetOldSecretUse, oldSecretUse } from './secret-uses.store.js';
import { usagePeriod } from './usage-period.js';
import { UsageReadingsStore } from './usage-readings.store.js';
import { UsageReportsStore } from './usage-reports.store.js';
import { UsageRetentionStore } from './usage-retention.store.js';

const tests = withReplicas();
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('usage in PostgreSQL', () => {
  let reports: UsageReportsStore;
  let readings: UsageReadingsStore;
  let retention: UsageRetentionStore;
  beforeEach(() => {
    reports = new UsageReportsStore(tests.database);
    readings = new UsageReadingsStore(tests.database);
    retention = new UsageRetentionStore(tests.database);
  });

  const aKey = async () => (await newKey(tests)).keyId;
  const count = (report: UsageReport) => reports.count(report.reportId, rowsOfReport(report), START_MS);
  const countUses = (...keys: readonly KeyUse[]) => count(exampleReport(...keys));
  const lastUse = async (keyId: string) => (await tests.store.find(ACTOR.organizationId, keyId))?.lastUse;
  const requestsOf = async (keyId: string) =>
    (await readings.steps(keyId, usagePeriod(1, START_MS))).reduce((sum, step) => sum + step.requests, 0);

  it('adds reports up', async () => {
    const keyId = await aKey();
    await countUses(exampleKeyUse(keyId));
    const later = START_MS + HOUR_MS;
    const used = { lastAtMs: later, address: '192.0.2.7', userAgent: 'python', route: 'POST /invoices' };
    await countUses(
      exampleKeyUse(keyId, {
        last: used,
        hours: [
          { startMs: START_MS, requests: 5, refused: 2, cost: 9, unlogged: 1 },
          { startMs: later, requests: 1, refused: 0, cost: 1, unlogged: 0 },
        ],
        scopes: [
          { scope: 'invoices.read', dayMs: Date.UTC(2026, 0, 15), uses: 3, lastAtMs: later },
          { scope: 'invoices.write', dayMs: Date.UTC(2026, 0, 15), uses: 1, lastAtMs: START_MS },
        ],
        secrets: [
          exampleSecretUse({ uses: 5 }),
          exampleSecretUse({ generation: 2, lastAtMs: later, callers: [{ uses: 1, ...used }] }),
        ],
        log: [exampleRequest({ atMs: later, status: 403, outcome: 'scope_missing', path: '/admin' })],
      }),
    );
    const { lastAtMs, ...caller } = used;
    expect(await lastUse(keyId)).toEqual({ atMs: lastAtMs, ...caller });
    expect(await readings.steps(keyId, usagePeriod(1, later))).toEqual([
      { atMs: START_MS, requests: 6, refused: 2, cost: 10, unlogged: 1 },
      { atMs: later, requests: 1, refused: 0, cost: 1, unlogged: 0 },
    ]);
    expect(await readings.steps(keyId, usagePeriod(30, later))).toEqual([
      { atMs: Date.UTC(2026, 0, 15), requests: 7, refused: 2, cost: 11, unlogged: 1 },
    ]);
    expect(await readings.scopes(keyId, Date.UTC(2026, 0, 15))).toEqual(
      expect.arrayContaining([
        { scope: 'invoices.read', uses: 4, lastAtMs: later },
        { scope: 'invoices.write', uses: 1, lastAtMs: START_MS },
      ]),
    );
    expect(await readings.scopes(keyId, Date.UTC(2026, 0, 16))).toEqual([]);
    expect([...(await readings.secretUses(keyId))]).toEqual([
      [2, { uses: 1, lastAtMs: later, callers: [{ uses: 1, ...used }] }],
      [
        1,
        {
          uses: 6,
          lastAtMs: START_MS,
          callers: [{ address: '192.0.2.1', userAgent: 'curl/8', route: 'GET /invoices', uses: 2, lastAtMs: START_MS }],
        },
      ],
    ]);
    expect(await readings.requests(keyId, undefined, 10)).toMatchObject([
      { atMs: later, path: '/admin', status: 403, outcome: 'scope_missing', cost: 1, generation: 1 },
      { atMs: START_MS, path: '/invoices', status: 200 },
    ]);
  });

  it('keeps the latest use as the last one, in whatever order reports come', async () => {
    const keyId = await aKey();
    const early = { lastAtMs: START_MS - 1, address: '192.0.2.9', userAgent: 'early', route: 'GET /early' };
    await countUses(exampleKeyUse(keyId));
    await countUses(exampleKeyUse(keyId, { last: early, log: [] }));
    expect(await lastUse(keyId)).toMatchObject({
      atMs: START_MS,
      userAgent: 'curl/8',
    });
  });

  it('counts a report once that comes again, alone or many times at once', async () => {
    const keyId = await aKey();
    const report = exampleReport(exampleKeyUse(keyId));
    await Promise.all(Array.from({ length: 10 }, () => count(report)));
    await count(report);
    expect(await requestsOf(keyId)).toBe(1);
    expect(await readings.requests(keyId, undefined, 10)).toHaveLength(1);
  });

  it('drops what is said of keys that do not exist, and counts the others', async () => {
    const keyId = await aKey();
    await countUses(exampleKeyUse('key_0000000000000000000000'), exampleKeyUse(keyId));
    expect(await requestsOf(keyId)).toBe(1);
    for (const table of ['key_uses', 'secret_uses', 'usage_callers', 'usage_hours', 'usage_scopes', 'usage_requests']) {
      const rows = await tests.database.query(`SELECT 1 FROM ${table} WHERE key_id = 'key_0000000000000000000000'`);
      expect([table, rows]).toEqual([table, []]);
    }
  });

  it('counts reports of overlapping keys at once, exactly and without a deadlock', async () => {
    const keyIds = await Promise.all(Array.from({ length: 40 }, aKey));
    const shuffled = (seed: number) => keyIds.map((_, index) => keyIds[(index * 7 + seed * 13) % 40] as string);
    const all = Array.from({ length: 20 }, (_, seed) =>
      exampleReport(
        ...shuffled(seed).map((keyId) =>
          exampleKeyUse(keyId, {
            // New callers too, so that every report also drops old ones.
            secrets: [
              exampleSecretUse({
                generation: (seed % 2) + 1,
                callers: Array.from({ length: 10 }, (_, index) => ({
                  uses: 1,
                  lastAtMs: START_MS + seed,
                  address: '192.0.2.1',
                  userAgent: `agent ${seed} ${index}`,
                  route: 'GET /',
                })),
              }),
            ],
          }),
        ),
      ),
    );
    const sweeps = Array.from({ length: 5 }, () => retention.sweep(START_MS));
    await Promise.all([...all.map(count), ...sweeps]);
    for (const keyId of keyIds) expect(await requestsOf(keyId)).toBe(20);
    const secrets = await readings.secretUses(keyIds[0] as string);
    expect([...secrets].map(([generation, use]) => [generation, use.uses, use.callers.length])).toEqual([
      [2, 10, 50],
      [1, 10, 50],
    ]);
  });

  it('keeps the newest 50 callers of each secret, and counts them all', async () => {
    const keyId = await aKey();
    const callers = (from: number) =>
      Array.from({ length: 40 }, (_, index) => ({
        uses: 1,
        lastAtMs: START_MS + from + index,
        address: '192.0.2.1',
        userAgent: `agent ${from + index}`,
        route: 'GET /',
      }));
    for (const from of [0, 40, 80]) {
      await countUses(exampleKeyUse(keyId, { secrets: [exampleSecretUse({ uses: 40, callers: callers(from) })] }));
    }
    const use = (await readings.secretUses(keyId)).get(1);
    expect(use?.uses).toBe(120);
    expect(use?.callers.map(({ userAgent }) => userAgent)).toEqual(
      Array.from({ length: 50 }, (_, index) => `agent ${119 - index}`),
    );
    const rows = await tests.database.query('SELECT 1 FROM usage_callers WHERE key_id = $1', [keyId]);
    expect(rows).toHaveLength(50);
  });

  it('counts the use of an old secret from the beginning of its rotation on', async () => {
    const keyId = await aKey();
    const none = { uses: 0, lastAtMs: null, callers: [] };
    await countUses(exampleKeyUse(keyId, { secrets: [exampleSecretUse({ uses: 7 })] }));
    expect(await oldSecretUse(tests.database, keyId, 1)).toEqual(none);
    await countUses(exampleKeyUse(keyId, { secrets: [exampleSecretUse({ retiring: true, uses: 2 })] }));
    const caller = { address: '192.0.2.1', userAgent: 'curl/8', route: 'GET /invoices' };
    expect(await oldSecretUse(tests.database, keyId, 1)).toEqual({
      uses: 2,
      lastAtMs: START_MS,
      callers: [{ ...caller, uses: 1, lastAtMs: START_MS }],
    });
    expect(await oldSecretUse(tests.database, keyId, 2)).toEqual(none);
    await forgetOldSecretUse(tests.database.manager, keyId, 1);
    expect(await oldSecretUse(tests.database, keyId, 1)).toEqual(none);
    expect((await readings.secretUses(keyId)).get(1)?.uses).toBe(7);
  });

  it('pages through the log, newest first, each request once', async () => {
    const keyId = await aKey();
    const log = Array.from({ length: 25 }, (_, index) => exampleRequest({ atMs: START_MS + Math.floor(index / 3) }));
    await countUses(exampleKeyUse(keyId, { log }));
    const seen: string[] = [];
    for (let after: { atMs: number; requestId: string } | undefined; ; ) {
      const page = await readings.requests(keyId, after, 7);
      seen.push(...page.map(({ requestId }) => requestId));
      after = page.at(-1);
      if (page.length < 7) break;
    }
    const newestFirst = [...log].sort((a, b) => b.atMs - a.atMs || (a.requestId < b.requestId ? 1 : -1));
    expect(seen).toEqual(newestFirst.map(({ requestId }) => requestId));
  });

  it('forgets log entries after 30 days, counts after 400, report ids after one', async () => {
    const keyId = await aKey();
    const report = exampleReport(exampleKeyUse(keyId));
    await count(report);
    const left = async () =>
      Promise.all(
        ['usage_requests', 'usage_hours', 'usage_scopes'].map(
          async (table) => (await tests.database.query(`SELECT 1 FROM ${table} WHERE key_id = $1`, [keyId])).length,
        ),
      );
    await retention.sweep(START_MS + 30 * DAY_MS);
    expect(await left()).toEqual([1, 1, 1]);
    expect(await tests.database.query('SELECT 1 FROM usage_reports')).toEqual([]);
    await retention.sweep(START_MS + 30 * DAY_MS + 1);
    expect(await left()).toEqual([0, 1, 1]);
    await retention.sweep(START_MS + 401 * DAY_MS);
    expect(await left()).toEqual([0, 0, 0]);
    expect((await lastUse(keyId))?.atMs).toBe(START_MS);
  });

  it('keeps the newest requests of a log that grows too long, and leaves the other logs alone', async () => {
    const [long, short] = [await aKey(), await aKey()];
    const log = Array.from({ length: 5_000 }, (_, index) => exampleRequest({ atMs: START_MS + index }));
    await countUses(exampleKeyUse(long, { log }), exampleKeyUse(short, { log: log.slice(0, 400) }));
    const kept = { logDays: 30, loggedOfKey: 500, countsDays: 400, reportIdsMs: DAY_MS };
    await retention.sweep(START_MS, kept);
    const rows = await readings.requests(long, undefined, 10_000);
    expect(rows.map(({ requestId }) => requestId)).toEqual(
      log
        .slice(-500)
        .reverse()
        .map(({ requestId }) => requestId),
    );
    expect(await readings.requests(short, undefined, 10_000)).toHaveLength(400);
    await countUses(exampleKeyUse(long, { log: [exampleRequest({ atMs: START_MS + DAY_MS })] }));
    await retention.sweep(START_MS, kept);
    expect((await readings.requests(long, undefined, 10_000)).at(-1)?.requestId).toBe(log.at(-499)?.requestId);
  });

  it('takes hostile texts as they are, harmless', async () => {
    const keyId = await aKey();
    const hostile = `a\r\nb\u001b[31mc\0d\ud800e"'\\; DROP TABLE usage_requests; --`;
    const report = usageReportSchema.parse(
      exampleReport(
        exampleKeyUse(keyId, {
          last: { lastAtMs: START_MS, address: hostile, userAgent: hostile.repeat(50), route: hostile },
          log: [exampleRequest({ userAgent: hostile, path: hostile, method: hostile, outcome: hostile })],
        }),
      ),
    );
    await count(report);
    const [request] = await readings.requests(keyId, undefined, 1);
    const clean = 'a\ufffd\ufffdb\ufffd[31mc\ufffdd\ufffde"\'\\; DROP TABLE usage_requests; --';
    expect(request).toMatchObject({ userAgent: clean, path: clean, outcome: clean.slice(0, 64) });
    expect((await lastUse(keyId))?.userAgent).toHaveLength(256);
  });
});
