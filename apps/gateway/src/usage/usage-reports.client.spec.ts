import { BusFault, BusUnavailable } from '@gatehouse/bus/bus';
import { type SparseReport, sparseReportSchema } from '@gatehouse/contracts/sparse-report';
import { encodeUsageAnswer, type UsageReport, usageReportSchema } from '@gatehouse/contracts/usage-report';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { createLogger } from '@gatehouse/observability/logger';
import { afterEach, describe, expect, it } from '@jest/globals';
import { exampleUse } from './example-use.conformance.js';
import { UsageReportsClient, type UsageReportsSettings } from './usage-reports.client.js';

type Answer = (payload: Uint8Array, count: () => void) => Promise<Uint8Array>;

const counts: Answer = async (_payload, count) => {
  count();
  return encodeUsageAnswer('counted');
};

/** The keys service as it has to be seen from here: counts each report id once. */
function startReports(settings: Partial<UsageReportsSettings> = {}) {
  const counted = new Map<string, UsageReport | SparseReport>();
  const sent: string[] = [];
  const leftOut: Record<string, number> = {};
  let skippedMs = 0;
  let answer: Answer = counts;
  const reports = new UsageReportsClient({
    bus: {
      request: (_subject, payload) => {
        const text = Buffer.from(payload).toString();
        const json = JSON.parse(text);
        const report = 'shard' in json ? sparseReportSchema.parse(json) : usageReportSchema.parse(json);
        sent.push(text);
        return answer(payload, () => counted.set(report.reportId, report));
      },
    },
    logger: createLogger('gateway', 'silent'),
    redact: (text) => text,
    everyMs: 1,
    monotonicMs: () => performance.now() + skippedMs,
    onLeftOut: (what, count) => {
      leftOut[what] = (leftOut[what] ?? 0) + count;
    },
    ...settings,
  });
  return {
    reports,
    sent,
    leftOut,
    answers: (next: Answer) => {
      answer = next;
    },
    skipMs: (ms: number) => {
      skippedMs += ms;
    },
    /** How many requests the keys service has counted. */
    requests: () =>
      [...counted.values()]
        .flatMap((report) => {
          if ('shard' in report) return [report.uses.keyIds.length];
          return report.keys.flatMap(({ hours }) => hours.map((hour) => hour.requests));
        })
        .reduce((sum, count) => sum + count, 0),
    sparse: () => [...counted.values()].filter((report) => 'shard' in report),
  };
}

describe('the usage reports of a gateway', () => {
  const started: ReturnType<typeof startReports>[] = [];
  const start = (settings?: Partial<UsageReportsSettings>) => {
    const reports = startReports(settings);
    started.push(reports);
    return reports;
  };
  afterEach(() => Promise.all(started.splice(0).map(({ reports }) => reports.stop())));

  it('are sent as time goes on, and none where there was nothing', async () => {
    const tests = start();
    for (let request = 0; request < 10; request++) tests.reports.record(exampleUse());
    await waitUntil('ten requests', async () => tests.requests() === 10, 15_000);
    const { length } = tests.sent;
    tests.reports.record(exampleUse());
    await waitUntil('one more', async () => tests.requests() === 11, 15_000);
    expect(tests.sent.length).toBe(length + 1);
  });

  it.each([
    ['nobody answers', () => Promise.reject(new BusUnavailable('down'))],
    ['the store is out', async () => encodeUsageAnswer('unavailable')],
    ['the answer is none', async () => new Uint8Array(0)],
  ])('are kept while %s, sent again as they were, and what comes meanwhile is added up', async (_case, outage) => {
    const tests = start();
    tests.answers(outage);
    tests.reports.record(exampleUse());
    await waitUntil('three tries', async () => tests.sent.length >= 3, 15_000);
    for (let request = 0; request < 500; request++) tests.reports.record(exampleUse());
    await waitUntil('three more', async () => tests.sent.length >= 6, 15_000);
    expect(new Set(tests.sent).size).toBe(1);
    tests.answers(counts);
    await waitUntil('all of it', async () => tests.requests() === 501, 15_000);
    expect(new Set(tests.sent).size).toBe(2);
  });

  it('count once where they were counted and the answer was lost', async () => {
    const tests = start();
    let lost = 0;
    tests.answers(async (_payload, count) => {
      count();
      if (lost++ < 3) throw new BusUnavailable('the answer was lost');
      return encodeUsageAnswer('counted');
    });
    tests.reports.record(exampleUse());
    await waitUntil('the fourth try', async () => tests.sent.length === 4, 15_000);
    tests.reports.record(exampleUse());
    await waitUntil('the next one', async () => tests.sent.length === 5, 15_000);
    expect(tests.requests()).toBe(2);
  });

  it('go on after one that the keys service always fails at', async () => {
    const tests = start();
    let poison: string | undefined;
    tests.answers(async (payload, count) => {
      const text = Buffer.from(payload).toString();
      poison ??= text;
      if (text === poison) throw new BusFault('failed');
      count();
      return encodeUsageAnswer('counted');
    });
    tests.reports.record(exampleUse());
    await waitUntil('a try', async () => tests.sent.length > 0, 15_000);
    tests.reports.record(exampleUse());
    await waitUntil('the next one', async () => tests.requests() === 1, 15_000);
    expect(tests.leftOut).toEqual({ report: 1 });
  });

  it('are given up after an hour, long before the keys service forgets their ids', async () => {
    const tests = start();
    tests.answers(() => Promise.reject(new BusUnavailable('down')));
    tests.reports.record(exampleUse());
    await waitUntil('a try', async () => tests.sent.length > 0, 15_000);
    tests.skipMs(3_600_000);
    await waitUntil('it is given up', async () => tests.leftOut['report'] === 1, 15_000);
  });

  it('tell how much was left out', async () => {
    const tests = start();
    for (let request = 0; request < 300; request++) tests.reports.record(exampleUse({ userAgent: `agent ${request}` }));
    await waitUntil('they are sent', async () => tests.requests() === 300, 15_000);
    expect(tests.leftOut).toEqual({ caller: 250, log: 100 });
  });

  it('gather uses of many keys that come seldom for twenty seconds, and no longer', async () => {
    const tests = start();
    const record = (requests: number) => {
      for (let key = 0; key < requests; key++) tests.reports.record(exampleUse({ keyId: `key_${key}` }));
      for (let use = 0; use < 20; use++) tests.reports.record(exampleUse({ keyId: 'key_often' }));
    };
    record(300);
    await waitUntil('what came often', async () => tests.requests() === 20, 15_000);
    tests.skipMs(19_000);
    record(300);
    await waitUntil('it again', async () => tests.requests() === 40, 15_000);
    expect(tests.sparse()).toEqual([]);
    tests.skipMs(1_000);
    await waitUntil('all of it', async () => tests.requests() === 640, 15_000);
    expect(tests.sparse().length).toBeLessThanOrEqual(128);
    expect(tests.leftOut).toEqual({});
  });

  it('are sent before that where there are many uses, and each counts once', async () => {
    const tests = start();
    let lost = 0;
    tests.answers(async (_payload, count) => {
      count();
      if (lost++ % 3 === 0) throw new BusUnavailable('the answer was lost');
      return encodeUsageAnswer('counted');
    });
    for (let key = 0; key < 32_000; key++) tests.reports.record(exampleUse({ keyId: `key_${key}` }));
    await waitUntil('all of it', async () => tests.requests() === 32_000, 15_000);
    expect(tests.leftOut).toEqual({ log: 30_000 });
  });

  it('are sent at a stop, with what could not be sent before', async () => {
    const tests = start({ everyMs: 3_600_000 });
    for (let key = 0; key < 300; key++) tests.reports.record(exampleUse({ keyId: `key_${key}` }));
    await tests.reports.stop();
    expect(tests.requests()).toBe(300);

    const late = start();
    late.answers(() => Promise.reject(new BusUnavailable('down')));
    late.reports.record(exampleUse());
    await waitUntil('a try', async () => late.sent.length > 0, 15_000);
    late.reports.record(exampleUse());
    late.answers(counts);
    await late.reports.stop();
    expect(late.requests()).toBe(2);
  });

  it('hold up a stop no longer than its deadline', async () => {
    const tests = start({ everyMs: 3_600_000 });
    tests.answers(() => Promise.reject(new BusUnavailable('down')));
    tests.reports.record(exampleUse());
    await tests.reports.stop(50);
    expect(tests.requests()).toBe(0);
  });
});
