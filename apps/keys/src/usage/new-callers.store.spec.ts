import { sparseReportSchema } from '@gatehouse/contracts/sparse-report';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { NoticesStore } from '../notices/notices.store.js';
import { ACTOR, newKey, withReplicas } from '../replica-under-test.conformance.js';
import { exampleKeyUse, exampleReport, exampleSecretUse } from './example-report.conformance.js';
import { rowsOfReport } from './rows-of-report.js';
import { UsageReportsStore } from './usage-reports.store.js';
import { WaitingUsesStore } from './waiting-uses.store.js';

const tests = withReplicas();
const DAY_MS = 86_400_000;
/** Keys are made now. */
const NOW_MS = Date.now() + 30 * DAY_MS;

describe('callers that were not known before', () => {
  let reports: UsageReportsStore;
  let waiting: WaitingUsesStore;
  beforeEach(() => {
    reports = new UsageReportsStore(tests.database);
    waiting = new WaitingUsesStore(tests.database);
  });

  /** With several days, use that ended yesterday. */
  const useOf = (keyId: string, address: string, days: number, nowMs: number) => {
    const lastAtMs = days === 1 ? nowMs : nowMs - DAY_MS;
    const caller = { address, userAgent: 'curl/8', route: 'GET /x', lastAtMs };
    return exampleKeyUse(keyId, {
      last: caller,
      hours: Array.from({ length: days }, (_, day) => {
        return { startMs: nowMs - day * DAY_MS, requests: 1, refused: 0, cost: 1, unlogged: 0 };
      }),
      secrets: [exampleSecretUse({ lastAtMs, callers: [{ uses: 1, ...caller }] })],
      log: [],
    });
  };
  const count = (keyId: string, address: string, days = 1, nowMs = NOW_MS) => {
    const report = exampleReport(useOf(keyId, address, days, nowMs));
    return reports.count(report.reportId, rowsOfReport(report), nowMs);
  };
  const countSeldom = async (keyId: string, address: string) => {
    const report = sparseReportSchema.parse({
      reportId: exampleReport().reportId,
      shard: 3,
      callers: { addresses: [address], userAgents: ['curl/8'], routes: ['GET /x'] },
      scopeSets: [[]],
      uses: {
        keyIds: [keyId],
        generations: [1],
        atMs: [NOW_MS],
        callers: [0],
        scopes: [0],
        costs: [1],
        refused: [false],
        logged: [false],
      },
      log: [],
    });
    await waiting.keep(report, NOW_MS);
    while ((await waiting.countSome(1_000, NOW_MS)) !== undefined);
  };
  const noticesOf = async (keyId: string) =>
    (await new NoticesStore(tests.database).list(ACTOR.organizationId, false, undefined, 1_000))
      .filter((notice) => notice.keyId === keyId)
      .map(({ kind, detail }) => [kind, detail['address']]);

  it('are told of where they come from another network than ever, once for each network [G10]', async () => {
    const { keyId } = await newKey(tests);
    await count(keyId, '192.0.2.1', 8);
    await count(keyId, '192.0.2.2');
    expect(await noticesOf(keyId)).toEqual([]);
    await count(keyId, '203.0.113.7');
    await count(keyId, '203.0.113.7');
    await count(keyId, '203.0.113.8');
    expect(await noticesOf(keyId)).toEqual([['key.unusual_use', '203.0.113.7']]);
  });

  it('are told of as well where the key comes so seldom that its uses wait', async () => {
    const { keyId } = await newKey(tests);
    await count(keyId, '192.0.2.1', 8);
    await countSeldom(keyId, '192.0.2.9');
    expect(await noticesOf(keyId)).toEqual([]);
    await countSeldom(keyId, '198.51.100.9');
    expect(await noticesOf(keyId)).toEqual([['key.unusual_use', '198.51.100.9']]);
  });

  it('are nothing unusual for a key that has not been used for a week, or is not a week old', async () => {
    const [seldom, young] = [await newKey(tests), await newKey(tests)];
    await count(seldom.keyId, '192.0.2.1', 5);
    await count(seldom.keyId, '203.0.113.7');
    const soonMs = Date.now() + 2 * DAY_MS;
    await count(young.keyId, '192.0.2.1', 8, soonMs);
    await count(young.keyId, '203.0.113.7', 1, soonMs);
    expect([await noticesOf(seldom.keyId), await noticesOf(young.keyId)]).toEqual([[], []]);
  });

  it('are told of once where many gateways report them at the same moment', async () => {
    const { keyId } = await newKey(tests);
    await count(keyId, '192.0.2.1', 8);
    await Promise.all(Array.from({ length: 20 }, (_, place) => count(keyId, `203.0.113.${place}`)));
    expect(await noticesOf(keyId)).toHaveLength(1);
  });
});
