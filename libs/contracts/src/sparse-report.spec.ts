import { describe, expect, it } from '@jest/globals';
import { SHARDS, shardOf, sparseReportSchema } from './sparse-report.js';

const report = {
  reportId: '0'.repeat(32),
  shard: 3,
  callers: { addresses: ['192.0.2.1'], userAgents: ['curl/8'], routes: ['GET /'] },
  scopeSets: [['a']],
  uses: {
    keyIds: ['key_1'],
    generations: [1],
    atMs: [1_000],
    callers: [0],
    scopes: [0],
    costs: [1],
    refused: [false],
    logged: [false],
  },
  log: [],
};
const withUses = (uses: { readonly [name: string]: unknown[] | undefined }) => ({
  ...report,
  uses: { ...report.uses, ...uses },
});

describe('a report of keys that came seldom', () => {
  it('is read as it was written', () => {
    expect(sparseReportSchema.parse(report)).toEqual(report);
  });

  it.each<[string, object]>([
    ['a column is longer than the others', withUses({ costs: [1, 1] })],
    ['a column is missing', withUses({ costs: undefined })],
    ['a caller is not there', withUses({ callers: [1] })],
    ['a set of scopes is not there', withUses({ scopes: [1] })],
    ['a cost is negative', withUses({ costs: [-1] })],
    ['a cost is no whole number', withUses({ costs: [0.5] })],
    ['a number is a text', withUses({ atMs: ['0}'] })],
    ['a moment is beyond all years', withUses({ atMs: [253_402_300_800_000] })],
    ['a generation is beyond its type', withUses({ generations: [2_147_483_648] })],
    ['a flag is none', withUses({ refused: ['true'] })],
    ['a key id could be no id', withUses({ keyIds: ['key\0'] })],
    [
      'it has more uses than it may',
      withUses(
        Object.fromEntries(Object.entries(report.uses).map(([name, [value]]) => [name, Array(1_001).fill(value)])),
      ),
    ],
    ['callers are not whole', { ...report, callers: { ...report.callers, routes: [] } }],
    ['there is no such part', { ...report, shard: SHARDS }],
  ])('is refused where %s', (_case, malformed) => {
    expect(sparseReportSchema.safeParse(malformed).success).toBe(false);
  });

  it('has texts of strangers without what is no text', () => {
    const callers = { addresses: ['a\0'], userAgents: ['b\u001b'], routes: ['c\r'] };
    expect(sparseReportSchema.parse({ ...report, callers }).callers).toEqual({
      addresses: ['a\ufffd'],
      userAgents: ['b\ufffd'],
      routes: ['c\ufffd'],
    });
  });

  it('is about one part of the keys: all parts have some', () => {
    const shards = Array.from({ length: 5_000 }, (_, index) => shardOf(`key_${index * 7_919}`));
    expect(new Set(shards).size).toBe(SHARDS);
    expect(Math.min(...shards)).toBe(0);
    expect(Math.max(...shards)).toBe(SHARDS - 1);
  });
});
