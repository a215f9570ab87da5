import type { HashForm, ReadRow, RowReader } from './read-row.js';

const HEX: HashForm = { algorithm: 'sha256', encoding: 'hex' };

/** Every row that a reader makes of a file which arrives in chunks of this size. */
export async function readAll(
  reader: RowReader,
  file: string | Buffer,
  chunkBytes = 7,
  hash: HashForm = HEX,
): Promise<ReadRow[]> {
  const bytes = Buffer.from(file);
  async function* chunks() {
    for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
  }
  const rows: ReadRow[] = [];
  for await (const some of reader(chunks(), hash)) rows.push(...some);
  return rows;
}

/** What a row says, or the code of what is wrong with it, by its line. */
export function briefly(rows: readonly ReadRow[]): unknown[] {
  return rows.map((row) => (row.kind === 'row' ? JSON.parse(row.json) : [row.line, row.problem.code]));
}
