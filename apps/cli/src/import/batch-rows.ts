import type { ReadRow } from './read-row.js';

/** Rows that are sent together, in the order of their lines. */
export interface Batch {
  readonly rows: readonly ReadRow[];
  readonly firstLine: number;
  readonly lastLine: number;
  /** How much of the file has been read with it. */
  readonly endByte: number;
}

export interface BatchBounds {
  /** Rows up to this line were settled by an earlier run. */
  readonly afterLine: number;
  readonly rowsMax: number;
  /** Of the rows' JSON; a batch has one row at least. */
  readonly bytesMax: number;
}

/** Groups rows into batches of bounded size. */
export async function* batchRows(
  source: AsyncIterable<readonly ReadRow[]>,
  { afterLine, rowsMax, bytesMax }: BatchBounds,
): AsyncGenerator<Batch> {
  let rows: ReadRow[] = [];
  let bytes = 0;
  for await (const some of source) {
    for (const row of some) {
      if (row.line <= afterLine) continue;
      const rowBytes = row.kind === 'row' ? Buffer.byteLength(row.json) : 0;
      if (rows.length === rowsMax || (rows.length > 0 && bytes + rowBytes > bytesMax)) {
        yield batchOf(rows);
        rows = [];
        bytes = 0;
      }
      rows.push(row);
      bytes += rowBytes;
    }
  }
  if (rows.length > 0) yield batchOf(rows);
}

function batchOf(rows: readonly ReadRow[]): Batch {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) throw new Error('a batch has a row');
  return { rows, firstLine: first.line, lastLine: last.line, endByte: last.endByte };
}
