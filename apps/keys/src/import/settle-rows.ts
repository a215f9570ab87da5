import { type NewImport, type RefusedRow, type RowOutcome, refusedRow } from './read-rows.js';

/** What the database says of one digest after an attempt to add it. */
export type AddedDigest =
  | { readonly kind: 'added' | 'there'; readonly keyId: string }
  /** Another organization's, or a key of another API: nothing more is said of it. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'quota_reached'; readonly keysMax: number };

/** One row of each digest, the first: whatever follows it is the same key again. */
export function distinctImports(rows: readonly (NewImport | RefusedRow)[]): NewImport[] {
  const byDigest = new Map<string, NewImport>();
  for (const row of rows) if ('digest' in row && !byDigest.has(row.digest)) byDigest.set(row.digest, row);
  return [...byDigest.values()];
}

/** What became of each row, in their order. @param added digest -> what the database says of it */
export function settleRows(
  rows: readonly (NewImport | RefusedRow)[],
  added: ReadonlyMap<string, AddedDigest>,
): RowOutcome[] {
  const seen = new Set<string>();
  return rows.map((row) => {
    if (!('digest' in row)) return row;
    const isFirst = !seen.has(row.digest);
    seen.add(row.digest);
    const outcome = added.get(row.digest);
    if (outcome === undefined) throw new Error('every digest of an import has an outcome');
    return outcomeOf(row, outcome, isFirst);
  });
}

function outcomeOf({ line }: NewImport, outcome: AddedDigest, isFirst: boolean): RowOutcome {
  switch (outcome.kind) {
    case 'added':
      return { status: isFirst ? 'imported' : 'exists', line, keyId: outcome.keyId };
    case 'there':
      return { status: 'exists', line, keyId: outcome.keyId };
    case 'taken': {
      const message = 'This key belongs to another organization or another API.';
      return refusedRow({ line }, { code: 'key_taken', message });
    }
    case 'quota_reached': {
      const message = `The plan allows ${outcome.keysMax} keys of this API. Revoke some, or change the plan.`;
      return refusedRow({ line }, { code: 'key_quota_reached', message });
    }
  }
}
