import { randomBytes } from 'node:crypto';
import { type UsageReport, usageReportSchema } from '@gatehouse/contracts/usage-report';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { describe, expect, it } from '@jest/globals';
import { exampleApi } from '../proxy/gateway-under-test.conformance.js';
import { exampleUse, START_MS } from './example-use.conformance.js';
import { keyRedactor } from './redact-keys.js';
import { UsageFold } from './usage-fold.js';
import type { Use } from './use.js';
import { writeReports } from './write-reports.js';

const newReportId = () => randomBytes(16).toString('hex');

function written(uses: readonly Use[], redact = (text: string) => text) {
  const fold = new UsageFold();
  for (const use of uses) fold.add(use);
  const reports = [...writeReports(fold.end().keys, { newReportId, redact })];
  const parsed = reports.map(({ payload }): UsageReport => usageReportSchema.parse(JSON.parse(payload.toString())));
  return { reports, parsed };
}

const many = (count: number, use: (index: number) => Partial<Use>) =>
  Array.from({ length: count }, (_, index) => exampleUse({ requestId: `req_${index}`, ...use(index) }));

describe('usage reports', () => {
  it('say what was folded, as the contract has it', () => {
    const refused = { atMs: START_MS + 1, allowed: false, status: 403, outcome: 'scope_missing', path: '/admin' };
    const { parsed } = written([exampleUse(), exampleUse(refused)]);
    const caller = { address: '192.0.2.1', userAgent: 'curl/8', route: 'GET /invoices' };
    const request = { requestId: 'req_1', method: 'GET', generation: 1, ...caller };
    expect(parsed.map(({ keys }) => keys)).toEqual([
      [
        {
          keyId: 'key_1',
          last: { lastAtMs: START_MS + 1, ...caller },
          hours: [{ startMs: START_MS, requests: 2, refused: 1, cost: 2, unlogged: 0 }],
          scopes: [{ scope: 'invoices.read', dayMs: Date.UTC(2026, 0, 15), uses: 1, lastAtMs: START_MS }],
          secrets: [
            {
              generation: 1,
              retiring: false,
              uses: 2,
              lastAtMs: START_MS + 1,
              callers: [{ uses: 2, lastAtMs: START_MS + 1, ...caller }],
            },
          ],
          log: [
            { ...request, atMs: START_MS, path: '/invoices', status: 200, outcome: 'ok', cost: 2 },
            { ...request, atMs: START_MS + 1, path: '/admin', status: 403, outcome: 'scope_missing', cost: 0 },
          ],
        },
      ],
    ]);
  });

  it('are each below 512 KiB, have ids of their own, and lose nothing, however long the texts are', () => {
    const long = '"\\'.repeat(4_000);
    const uses = many(1_000, (index) => ({
      keyId: `key_${index % 9}`,
      address: `192.0.2.${index % 60}`,
      userAgent: `\u009b${long}`,
      path: `/${long}`,
      route: long,
    }));
    const { reports, parsed } = written(uses);
    expect(reports.length).toBeGreaterThan(3);
    expect(new Set(reports.map(({ reportId }) => reportId)).size).toBe(reports.length);
    expect(parsed.map(({ reportId }) => reportId)).toEqual(reports.map(({ reportId }) => reportId));
    for (const { payload } of reports) expect(payload.length).toBeLessThan(512 * 1024);
    const keys = parsed.flatMap((report) => report.keys);
    const requestIds = keys.flatMap(({ log }) => log.map(({ requestId }) => requestId));
    expect(new Set(requestIds)).toEqual(new Set(uses.map(({ requestId }) => requestId)));
    expect(requestIds).toHaveLength(1_000);
    const requests = keys.flatMap(({ hours }) => hours.map((hour) => hour.requests));
    expect(requests.reduce((sum, count) => sum + count, 0)).toBe(1_000);
  });

  it('hold no key that a client put into its path or user agent, whole or where it is cut off', () => {
    const key = mintKey('ex_live_');
    const redact = keyRedactor([exampleApi()]);
    const places = Array.from({ length: 300 }, (_, length) => '/'.padEnd(length, 'x'));
    const uses = places.map((before) => exampleUse({ path: `${before}${key}`, userAgent: `${before}${key}` }));
    for (let from = 0; from < uses.length; from += 50) {
      const text = written(uses.slice(from, from + 50), redact)
        .reports.map(({ payload }) => payload.toString())
        .join();
      expect(text).not.toContain(key.slice('ex_live_'.length, 'ex_live_'.length + 8));
    }
  });

  it('hold hostile texts as plain ones', () => {
    const { reports } = written([
      exampleUse({ userAgent: 'a\r\nb\u001b[31mc\0d\ud800e\u202ef', path: `/\u009b${'\u{1f511}'.repeat(300)}` }),
    ]);
    const { keys } = usageReportSchema.parse(JSON.parse(String(reports[0]?.payload)));
    expect(keys[0]?.last?.userAgent).toBe('a\ufffd\ufffdb\ufffd[31mc\ufffdd\ufffde\ufffdf');
    // Cut in the middle of a character: half of it would be none.
    expect(keys[0]?.log[0]?.path).toBe(`/\ufffd${'\u{1f511}'.repeat(127)}`);
  });
});
