import { randomBytes } from 'node:crypto';
import { type SparseReport, shardOf, sparseReportSchema } from '@gatehouse/contracts/sparse-report';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { describe, expect, it } from '@jest/globals';
import { exampleApi } from '../proxy/gateway-under-test.conformance.js';
import { exampleUse, START_MS } from './example-use.conformance.js';
import { keyRedactor } from './redact-keys.js';
import type { Use } from './use.js';
import { writeSparseReports } from './write-sparse-reports.js';

const newReportId = () => randomBytes(16).toString('hex');

function written(uses: readonly Use[], redact = (text: string) => text) {
  const reports = [...writeSparseReports(uses, { newReportId, redact })];
  return { reports, parsed: reports.map(({ payload }) => sparseReportSchema.parse(JSON.parse(payload.toString()))) };
}

/** What a report says of each use, as the uses were. */
function read({ callers, scopeSets, uses, log }: SparseReport) {
  return uses.keyIds.map((keyId, index) => {
    const caller = uses.callers[index] as number;
    return {
      keyId,
      generation: uses.generations[index],
      atMs: uses.atMs[index],
      address: callers.addresses[caller],
      userAgent: callers.userAgents[caller],
      route: callers.routes[caller],
      scopesNeeded: scopeSets[uses.scopes[index] as number],
      cost: uses.costs[index],
      allowed: uses.refused[index] === false,
      logged: log.filter((entry) => uses.logged[index] && entry.keyId === keyId).map(({ path }) => path),
    };
  });
}

describe('reports of keys that came seldom', () => {
  it('say of each use what it was, each key in its part, and lose none', () => {
    const uses = Array.from({ length: 3_000 }, (_, index) =>
      exampleUse({
        keyId: `key_${randomBytes(11).toString('hex')}`,
        generation: index % 3,
        atMs: START_MS + index,
        address: `192.0.2.${index % 5}`,
        userAgent: `agent ${index % 7}`,
        route: `GET /${index % 2}`,
        path: `/${index}`,
        scopesNeeded: index % 4 === 0 ? [] : ['a', 'b'],
        allowed: index % 10 !== 0,
        logged: index % 6 === 0,
      }),
    );
    const { parsed } = written(uses);
    for (const { shard, uses: of } of parsed) for (const keyId of of.keyIds) expect(shardOf(keyId)).toBe(shard);
    expect(new Set(parsed.map(({ shard }) => shard)).size).toBe(128);
    const byId = new Map(parsed.flatMap(read).map((use) => [use.keyId, use]));
    for (const use of uses) {
      const { keyId, generation, atMs, address, userAgent, route, scopesNeeded, allowed } = use;
      const cost = allowed ? 2 : 0;
      const logged = use.logged ? [use.path] : [];
      const expected = { keyId, generation, atMs, address, userAgent, route, scopesNeeded, cost, allowed, logged };
      expect(byId.get(keyId)).toEqual(expected);
    }
  });

  it('are each below 512 KiB, have ids of their own, and say what many uses have in common once', () => {
    const long = '"\\'.repeat(4_000);
    const uses = Array.from({ length: 2_500 }, (_, index) =>
      exampleUse({ requestId: `req_${index}`, userAgent: `${index} ${long}`, path: long, route: long, logged: true }),
    );
    const { reports, parsed } = written(uses);
    for (const { payload } of reports) expect(payload.length).toBeLessThan(512 * 1024);
    expect(new Set(reports.map(({ reportId }) => reportId)).size).toBe(reports.length);
    expect(parsed.flatMap(({ log }) => log)).toHaveLength(2_500);
    const scopesNeeded = ['a'];
    const [alike] = written(Array.from({ length: 900 }, () => exampleUse({ scopesNeeded }))).parsed;
    expect([alike?.uses.keyIds.length, alike?.callers.addresses.length, alike?.scopeSets.length]).toEqual([900, 1, 1]);
  });

  it('hold no key that a client put into its path or user agent, and hostile texts as plain ones', () => {
    const key = mintKey('ex_live_');
    const uses = [exampleUse({ path: `/\u009b${key}`, userAgent: `a\r\nb ${key}`, logged: true })];
    const { reports, parsed } = written(uses, keyRedactor([exampleApi()]));
    expect(String(reports[0]?.payload)).not.toContain(key.slice('ex_live_'.length, 'ex_live_'.length + 8));
    expect(parsed[0]?.callers.userAgents).toEqual(['a\ufffd\ufffdb ex_live_[redacted]']);
    expect(parsed[0]?.log).toMatchObject([{ path: '/\ufffdex_live_[redacted]' }]);
  });
});
