/** Why a row of a file is not sent; `docs/import.md` says what each means. */
export const ROW_PROBLEMS = [
  'not_utf8',
  'line_too_long',
  'not_json',
  'not_an_object',
  'reserved_name',
  'columns_differ',
  'cell_malformed',
  'csv_malformed',
] as const;

/** Never quotes what the row says: that may be a key. */
export interface RowProblem {
  readonly code: (typeof ROW_PROBLEMS)[number];
  readonly field?: string;
  readonly message: string;
}

/** One row of a file. */
export type ReadRow = {
  /** The line on which it ends, from 1. */
  readonly line: number;
  /** How much of the file has been read with it. */
  readonly endByte: number;
} & (
  | { readonly kind: 'row' /** The row as JSON, its line in it. */; readonly json: string }
  | { readonly kind: 'bad'; readonly problem: RowProblem }
);

/** A file as rows, in the order of its lines, some at a time. */
export type RowReader = (chunks: AsyncIterable<Uint8Array>, hash: HashForm) => AsyncIterable<readonly ReadRow[]>;

/** What a hash is that a row gives as bare text. */
export interface HashForm {
  readonly algorithm: string;
  readonly encoding: string;
}

/** Names that JSON parsers refuse, since they would change objects: one such row would stop its whole batch. */
const RESERVED = /"(__proto__|constructor)":/;

/** A row as it is sent: its line, and a hash that was given as bare text in its full form. */
export function writeRow(
  row: Readonly<Record<string, unknown>>,
  place: { readonly line: number; readonly endByte: number },
  hash: HashForm,
): ReadRow {
  const full = typeof row['hash'] === 'string' ? { ...row, hash: { ...hash, value: row['hash'] } } : row;
  const json = JSON.stringify({ ...full, line: place.line });
  if (!RESERVED.test(json)) return { kind: 'row', ...place, json };
  return bad(place, { code: 'reserved_name', message: 'A field may not have the name __proto__ or constructor.' });
}

export function bad(place: { readonly line: number; readonly endByte: number }, problem: RowProblem): ReadRow {
  return { kind: 'bad', ...place, problem };
}
