import { describe, expect, it } from '@jest/globals';
import { batchRows } from './batch-rows.js';
import type { ReadRow } from './read-row.js';

const row = (line: number, json = '{}'): ReadRow => ({ kind: 'row', line, endByte: line * 10, json });

async function linesOf(rows: readonly ReadRow[][], bounds: Parameters<typeof batchRows>[1]) {
  async function* source() {
    yield* rows;
  }
  const batches = [];
  for await (const batch of batchRows(source(), bounds)) batches.push(batch.rows.map(({ line }) => line));
  return batches;
}

describe('batchRows', () => {
  it('fills batches in the order of the lines, and never beyond their bounds', async () => {
    const rows = [[row(1), row(2), row(3)], [row(4)], [], [row(9), row(10)]];
    const bounds = { afterLine: 0, rowsMax: 4, bytesMax: 1_000 };
    expect(await linesOf(rows, bounds)).toEqual([
      [1, 2, 3, 4],
      [9, 10],
    ]);
    const long = JSON.stringify('é'.repeat(20));
    expect(await linesOf([[row(1, long), row(2, long), row(3, long)]], { ...bounds, bytesMax: 84 })).toEqual([
      [1, 2],
      [3],
    ]);
  });

  it('gives a row that alone is too large a batch of its own', async () => {
    const rows = [[row(1), row(2, '"xxxxxxxxxx"'), row(3)]];
    expect(await linesOf(rows, { afterLine: 0, rowsMax: 4, bytesMax: 5 })).toEqual([[1], [2], [3]]);
  });

  it('leaves out the lines that an earlier run has settled', async () => {
    expect(await linesOf([[row(1), row(2)], [row(3)]], { afterLine: 2, rowsMax: 4, bytesMax: 100 })).toEqual([[3]]);
    expect(await linesOf([[row(1)]], { afterLine: 5, rowsMax: 4, bytesMax: 100 })).toEqual([]);
  });
});
