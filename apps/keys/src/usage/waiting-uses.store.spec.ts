import { type SparseReport, sparseReportSchema } from '@gatehouse/contracts/sparse-report';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ACTOR, newKey, withReplicas } from '../replica-under-test.conformance.js';
import { exampleKeyUse, exampleReport, exampleRequest, START_MS } from './example-report.conformance.js';
import { rowsOfReport } from './rows-of-report.js';
import { usagePeriod } from './usage-period.js';
import { UsageReadingsStore } from './usage-readings.store.js';
import { UsageReportsStore } from './usage-reports.store.js';
import { COUNTING_LOCK, WaitingUsesStore } from './waiting-uses.store.js';

const tests = withReplicas();
const HOUR_MS = 3_600_000;
const DAY_MS = Date.UTC(2026, 0, 15);

/** One request, as a gateway tells of it. */
interface OneUse {
  readonly keyId: string;
  readonly atMs?: number;
  readonly agent?: string;
  readonly scopes?: string[];
  readonly refused?: boolean;
  readonly logged?: boolean;
}

function reportOf(uses: readonly OneUse[], shard = 5): SparseReport {
  const full = uses.map((use) => ({ atMs: START_MS, agent: 'curl/8', scopes: [], refused: false, ...use }));
  const each = <Item>(of: (use: (typeof full)[number], place: number) => Item) => full.map(of);
  return sparseReportSchema.parse({
    reportId: exampleReport().reportId,
    shard,
    callers: {
      addresses: each(() => '192.0.2.1'),
      userAgents: each(({ agent }) => agent),
      routes: each(({ atMs }) => `GET /${atMs - START_MS}`),
    },
    scopeSets: each(({ scopes }) => scopes),
    uses: {
      keyIds: each(({ keyId }) => keyId),
      generations: each(() => 1),
      atMs: each(({ atMs }) => atMs),
      callers: each((_, place) => place),
      scopes: each((_, place) => place),
      costs: each(({ refused }) => (refused ? 0 : 3)),
      refused: each(({ refused }) => refused),
      logged: each(({ logged }) => logged ?? false),
    },
    log: full
      .filter(({ logged }) => logged)
      .map(({ keyId, atMs }) => ({ ...exampleRequest({ atMs, path: '/logged' }), keyId })),
  });
}

describe('uses that wait to be counted', () => {
  let waiting: WaitingUsesStore;
  let readings: UsageReadingsStore;
  beforeEach(() => {
    waiting = new WaitingUsesStore(tests.database);
    readings = new UsageReadingsStore(tests.database);
  });

  const aKey = async () => (await newKey(tests)).keyId;
  const keep = (report: SparseReport) => waiting.keep(report, START_MS);
  const countAll = async () => {
    while ((await waiting.countSome(100_000, START_MS)) !== undefined);
  };
  const lastUse = async (keyId: string) => (await tests.store.find(ACTOR.organizationId, keyId))?.lastUse;
  const requestsOf = async (keyId: string) =>
    (await readings.steps(keyId, usagePeriod(1, START_MS + HOUR_MS))).reduce((sum, step) => sum + step.requests, 0);
  const left = async () => (await tests.database.query('SELECT 1 FROM usage_waiting')).length;

  it('are added up by key, hour, caller, secret, scope and day, and the log is written', async () => {
    const [one, other] = [await aKey(), await aKey()];
    const later = START_MS + HOUR_MS;
    await keep(
      reportOf([
        { keyId: one, scopes: ['a', 'b', 'a'], logged: true },
        { keyId: other, agent: 'other' },
        { keyId: one, atMs: later, scopes: ['a'] },
      ]),
    );
    await keep(reportOf([{ keyId: one, atMs: START_MS + 5, agent: 'python', scopes: ['c'], refused: true }]));
    await countAll();
    expect(await readings.steps(one, usagePeriod(1, later))).toEqual([
      { atMs: START_MS, requests: 2, refused: 1, cost: 3, unlogged: 1 },
      { atMs: later, requests: 1, refused: 0, cost: 3, unlogged: 1 },
    ]);
    expect(await lastUse(one)).toEqual({
      atMs: later,
      address: '192.0.2.1',
      userAgent: 'curl/8',
      route: `GET /${HOUR_MS}`,
    });
    const scopes = await readings.scopes(one, DAY_MS);
    expect(new Map(scopes.map(({ scope, uses, lastAtMs }) => [scope, [uses, lastAtMs]]))).toEqual(
      new Map([
        ['a', [2, later]],
        ['b', [1, START_MS]],
      ]),
    );
    const caller = { address: '192.0.2.1', userAgent: 'curl/8', route: `GET /${HOUR_MS}`, uses: 2, lastAtMs: later };
    const second = { ...caller, userAgent: 'python', route: 'GET /5', uses: 1, lastAtMs: START_MS + 5 };
    expect([...(await readings.secretUses(one))]).toEqual([
      [1, { uses: 3, lastAtMs: later, callers: [caller, second] }],
    ]);
    expect(await readings.requests(one, undefined, 10)).toMatchObject([{ atMs: START_MS, path: '/logged' }]);
    expect((await lastUse(other))?.userAgent).toBe('other');
    expect(await left()).toBe(0);
  });

  it('are added to what usage reports told, and the latest use stays the last one', async () => {
    const keyId = await aKey();
    const report = exampleReport(exampleKeyUse(keyId));
    await new UsageReportsStore(tests.database).count(report.reportId, rowsOfReport(report), START_MS);
    await keep(reportOf([{ keyId, atMs: START_MS - 1, agent: 'early', scopes: ['invoices.read'], logged: true }]));
    await countAll();
    expect((await lastUse(keyId))?.userAgent).toBe('curl/8');
    expect((await readings.secretUses(keyId)).get(1)?.uses).toBe(2);
    expect(await readings.requests(keyId, undefined, 10)).toHaveLength(2);
    const [row] = await tests.database.query('SELECT logged FROM key_uses WHERE key_id = $1', [keyId]);
    expect(row).toEqual({ logged: '2' });
  });

  it('count once, however often a report comes, before it is counted and after', async () => {
    const keyId = await aKey();
    const report = reportOf([{ keyId }, { keyId }]);
    await Promise.all(Array.from({ length: 10 }, () => keep(report)));
    await countAll();
    await keep(report);
    await countAll();
    expect(await requestsOf(keyId)).toBe(2);
  });

  it('count once where many count at once, also beside usage reports of the same keys', async () => {
    const keyIds = await Promise.all(Array.from({ length: 40 }, aKey));
    const reports = new UsageReportsStore(tests.database);
    const uses = Array.from({ length: 20 }, (_, round) =>
      reportOf(
        keyIds.map((_key, index) => ({ keyId: keyIds[(index * 7 + round) % 40] as string, agent: `agent ${round}` })),
        round % 3,
      ),
    );
    const whole = Array.from({ length: 10 }, (_, round) =>
      exampleReport(...keyIds.map((_key, index) => exampleKeyUse(keyIds[(index * 3 + round) % 40] as string))),
    );
    await Promise.all([
      ...uses.map(keep),
      ...whole.map((report) => reports.count(report.reportId, rowsOfReport(report), START_MS)),
      ...Array.from({ length: 15 }, () => waiting.countSome(100, START_MS)),
    ]);
    await countAll();
    for (const keyId of keyIds) expect(await requestsOf(keyId)).toBe(30);
    expect(await left()).toBe(0);
  });

  it('are counted part by part, what has waited longest first, so many at a time as are asked for', async () => {
    const [one, other] = [await aKey(), await aKey()];
    await waiting.keep(reportOf([{ keyId: one }], 1), START_MS);
    await waiting.keep(reportOf([{ keyId: other }], 2), START_MS + 1);
    await waiting.keep(reportOf([{ keyId: one }, { keyId: one }], 1), START_MS + 2);
    await waiting.keep(reportOf([{ keyId: one }], 1), START_MS + 3);
    const counted = async () => [await requestsOf(one), await requestsOf(other)];
    expect(await waiting.countSome(3, START_MS)).toBe(START_MS);
    expect(await counted()).toEqual([3, 0]);
    expect(await waiting.countSome(3, START_MS)).toBe(START_MS + 1);
    expect(await counted()).toEqual([3, 1]);
    expect(await waiting.countSome(3, START_MS)).toBe(START_MS + 3);
    expect(await waiting.countSome(3, START_MS)).toBeUndefined();
    expect(await counted()).toEqual([4, 1]);
  });

  it('are counted by one replica at a time', async () => {
    const keyId = await aKey();
    await keep(reportOf([{ keyId }]));
    await tests.database.transaction(async (other) => {
      await other.query('SELECT pg_advisory_xact_lock($1)', [COUNTING_LOCK]);
      expect(await waiting.countSome(100, START_MS)).toBeUndefined();
      expect(await left()).toBe(1);
    });
    expect(await waiting.countSome(100, START_MS)).toBe(START_MS);
    expect(await requestsOf(keyId)).toBe(1);
  });

  it('of keys that do not exist are dropped, and those of others counted', async () => {
    const keyId = await aKey();
    await keep(reportOf([{ keyId: 'key_0000000000000000000000', logged: true, scopes: ['a'] }, { keyId }]));
    await countAll();
    expect(await requestsOf(keyId)).toBe(1);
    for (const table of ['key_uses', 'secret_uses', 'usage_callers', 'usage_hours', 'usage_scopes', 'usage_requests']) {
      const rows = await tests.database.query(`SELECT 1 FROM ${table} WHERE key_id = 'key_0000000000000000000000'`);
      expect([table, rows]).toEqual([table, []]);
    }
  });

  it('leave the newest 50 callers of a secret', async () => {
    const keyId = await aKey();
    const agents = (from: number) =>
      Array.from({ length: 40 }, (_, index) => ({
        keyId,
        agent: `agent ${from + index}`,
        atMs: START_MS + from + index,
      }));
    await keep(reportOf(agents(0)));
    await countAll();
    await keep(reportOf(agents(40)));
    await countAll();
    const rows = await tests.database.query('SELECT 1 FROM usage_callers WHERE key_id = $1', [keyId]);
    expect(rows).toHaveLength(50);
    expect((await readings.secretUses(keyId)).get(1)?.uses).toBe(80);
  });

  it('take hostile texts as they are, harmless', async () => {
    const keyId = await aKey();
    const hostile = `a\r\nb\u001b[31mc\0d\ud800e"'\\{},NULL; DROP TABLE usage_waiting; --`;
    await keep(reportOf([{ keyId, agent: hostile, scopes: [hostile] }]));
    await countAll();
    expect((await lastUse(keyId))?.userAgent).toBe(
      'a\ufffd\ufffdb\ufffd[31mc\ufffdd\ufffde"\'\\{},NULL; DROP TABLE usage_waiting; --',
    );
  });
});
