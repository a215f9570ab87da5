import type { RowProblem } from './read-row.js';

type Cells = Readonly<Record<string, string>>;
type CellReader = (cell: string) => unknown;

const asText: CellReader = (cell) => cell;
/** Names never hold these separators, so any of them will do. */
const asList: CellReader = (cell) => cell.split(/[\s,;]+/).filter((part) => part !== '');
const asJson: CellReader = (cell) => JSON.parse(cell);

/** Every column that a CSV file may have, and how its cells are read. An empty cell says nothing. */
export const COLUMNS: Readonly<Record<string, CellReader>> = {
  key: asText,
  hash: asText,
  hash_algorithm: asText,
  hash_encoding: asText,
  display: asText,
  name: asText,
  scopes: asList,
  roles: asList,
  environment: asText,
  expires_at: asText,
  metadata: asJson,
  allowed_ips: asList,
  limits: asJson,
};

/** What is wrong with a header line; undefined: nothing. */
export function headerProblem(names: readonly string[]): string | undefined {
  const known = Object.keys(COLUMNS);
  const unknown = names.findIndex((name) => !known.includes(name));
  // By its number: a file without a header line begins with a row, and that may hold a key.
  if (unknown !== -1) return `column ${unknown + 1} of the header is not one of ${known.join(', ')}`;
  if (new Set(names).size < names.length) return 'the header names a column twice';
  if (!names.includes('key') && !names.includes('hash')) return 'the header names neither key nor hash';
  return undefined;
}

/** The row that the cells of one record say, as the platform takes it; or what is wrong with one of them. */
export function readCells(
  names: readonly string[],
  cells: readonly string[],
): { readonly row: Readonly<Record<string, unknown>> } | { readonly problem: RowProblem } {
  if (names.length !== cells.length) {
    const message = `The row has ${cells.length} cells, the header ${names.length}.`;
    return { problem: { code: 'columns_differ', message } };
  }
  const row: Record<string, unknown> = {};
  for (const [index, name] of names.entries()) {
    const cell = cells[index] ?? '';
    if (cell.includes('\uFFFD')) return { problem: { code: 'not_utf8', field: name, message: 'It is not UTF-8.' } };
    // Whether a key may do nothing at all is for the file to say: the column is there, and empty.
    if (cell === '' && name !== 'scopes') continue;
    try {
      row[name] = COLUMNS[name]?.(cell);
    } catch {
      return { problem: { code: 'cell_malformed', field: name, message: 'The cell is not JSON.' } };
    }
  }
  return { row: withHash(row as Cells) };
}

function withHash({ hash, hash_algorithm: algorithm, hash_encoding: encoding, ...row }: Cells) {
  if (hash === undefined) return row;
  if (algorithm === undefined && encoding === undefined) return { ...row, hash };
  return { ...row, hash: { algorithm: algorithm ?? 'sha256', encoding: encoding ?? 'hex', value: hash } };
}
