import type { RowOutcome } from './read-import-row.js';

/** What the keys service calls fields of a row -> what clients call them. */
const FIELDS: Readonly<Record<string, string>> = { expiresAt: 'expires_at', allowedAddresses: 'allowed_ips' };

/** What became of one row, as the management API says it. @throws Error where nobody knows */
export function outcomeJson(outcome: RowOutcome | undefined) {
  if (outcome === undefined) throw new Error('a row of an import has no outcome');
  const { line, status } = outcome;
  if (outcome.status !== 'refused') return { line, status, id: outcome.keyId };
  const { code, field, message } = outcome;
  return { line, status, code, ...(field === undefined ? {} : { field: FIELDS[field] ?? field }), message };
}
