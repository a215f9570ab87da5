import { usageReportSchema } from '@gatehouse/contracts/usage-report';
import { describe, expect, it } from '@jest/globals';
import {
  exampleKeyUse,
  exampleReport,
  exampleRequest,
  exampleSecretUse,
  START_MS,
} from './example-report.conformance.js';
import { rowsOfReport } from './rows-of-report.js';

describe('the rows of a usage report', () => {
  it('are one for each primary key, also where a key comes in several parts', () => {
    const report = exampleReport(
      exampleKeyUse('key_1'),
      exampleKeyUse('key_1', { last: null, hours: [], scopes: [], secrets: [], log: [exampleRequest()] }),
      exampleKeyUse('key_2'),
      exampleKeyUse('key_1'),
    );
    const rows = rowsOfReport(report);
    expect(rows.keys).toMatchObject([
      { key_id: 'key_1', logged: 3 },
      { key_id: 'key_2', logged: 1 },
    ]);
    expect(rows.secrets).toMatchObject([{ uses: 2 }, { uses: 1 }]);
    expect(rows.callers).toMatchObject([{ uses: 2 }, { uses: 1 }]);
    expect(rows.hours).toMatchObject([{ requests: 2, cost: 2 }, { requests: 1 }]);
    expect(rows.scopes).toMatchObject([{ day: '2026-01-15', uses: 2 }, { uses: 1 }]);
    expect(rows.requests).toHaveLength(4);
  });

  it('put callers together that differ only in what is no text', () => {
    const caller = { uses: 1, lastAtMs: START_MS, address: '192.0.2.1', route: 'GET /a' };
    const callers = [
      { ...caller, userAgent: 'agent\u0001' },
      { ...caller, userAgent: 'agent\u0002', lastAtMs: START_MS + 1, route: 'GET /b' },
    ];
    const report = usageReportSchema.parse(
      exampleReport(exampleKeyUse('key_1', { secrets: [exampleSecretUse({ uses: 2, callers })] })),
    );
    expect(rowsOfReport(report).callers).toEqual([
      {
        key_id: 'key_1',
        generation: 1,
        retiring: false,
        address: '192.0.2.1',
        user_agent: 'agent\ufffd',
        route: 'GET /b',
        uses: 2,
        last_at: '2026-01-15T12:00:00.001Z',
      },
    ]);
  });

  it('have the latest request as the last use, also where a part has only a log', () => {
    const late = exampleRequest({ atMs: START_MS + 5, address: '192.0.2.9' });
    const part = exampleKeyUse('key_1', { last: null, log: [exampleRequest(), late, exampleRequest()] });
    expect(rowsOfReport(exampleReport(part)).keys).toMatchObject([
      { at: '2026-01-15T12:00:00.005Z', address: '192.0.2.9', logged: 3 },
    ]);
  });
});
