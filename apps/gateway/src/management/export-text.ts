import type { KeyView } from '@gatehouse/contracts/keys';
import { stringify } from 'csv-stringify/sync';
import { keyJson } from './public-json.js';

export const EXPORT_TYPES = {
  ndjson: { type: 'application/x-ndjson', extension: 'ndjson' },
  csv: { type: 'text/csv; charset=utf-8; header=present', extension: 'csv' },
} as const;
export type ExportFormat = keyof typeof EXPORT_TYPES;

type KeyJson = ReturnType<typeof keyJson>;

/** The columns of a CSV export: everything that the management API shows of a key. */
export const EXPORT_COLUMNS = [
  'id',
  'display',
  'name',
  'api',
  'project_id',
  'organization_id',
  'environment',
  'scopes',
  'state',
  'metadata',
  'allowed_ips',
  'limits',
  'remaining_uses',
  'created_at',
  'created_by',
  'created_by_role',
  'expires_at',
  'last_used',
  'revoked_at',
  'revocation_reason',
  'rotation',
  'rotation_due',
] as const satisfies readonly (keyof KeyJson)[];

/** Keys as lines of a file. @param isFirst the page that begins the file: in CSV it has the header */
export function writePage(format: ExportFormat, keys: readonly KeyView[], isFirst: boolean): string {
  if (format === 'ndjson') return keys.map((key) => `${JSON.stringify(keyJson(key))}\n`).join('');
  const records = keys.map((key) => cellsOf(keyJson(key)));
  // What a spreadsheet would take for a formula begins with an apostrophe: names are written by many people.
  return stringify(isFirst ? [EXPORT_COLUMNS, ...records] : records, {
    escape_formulas: true,
    record_delimiter: 'windows',
  });
}

function cellsOf(key: KeyJson): string[] {
  return EXPORT_COLUMNS.map((column) => cellOf(key[column]));
}

/** Lists have their parts with blanks between, as an import takes them; what has fields is JSON. */
function cellOf(value: KeyJson[keyof KeyJson]): string {
  if (value === null) return '';
  if (Array.isArray(value)) return value.join(' ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
