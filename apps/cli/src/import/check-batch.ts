import { importRowSchema } from '@gatehouse/contracts/import-row';
import type { Batch } from './batch-rows.js';
import type { RowOutcome, SentBatch } from './send-batch.js';

/**
 * What a dry run says of the rows of a batch: whether each has the form that the platform takes. What only the platform
 * knows (scopes, quotas, keys that are there) is not asked.
 */
export function checkBatch(batch: Batch): SentBatch {
  return {
    kind: 'settled',
    outcomes: batch.rows.map((row): RowOutcome => {
      if (row.kind === 'bad') return { line: row.line, status: 'refused', ...row.problem };
      const { error } = importRowSchema.safeParse(JSON.parse(row.json));
      const issue = error?.issues[0];
      if (issue === undefined) return { line: row.line, status: 'imported' };
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
      const field = [...issue.path, ...(unknown === undefined ? [] : [unknown])].map(String).join('.').slice(0, 200);
      const message = unknown === undefined ? issue.message : 'is not a known field';
      return { line: row.line, status: 'refused', code: 'validation_error', field, message };
    }),
  };
}
