import { importIdSchema } from '@gatehouse/contracts/import-row';
import { IMPORT_ROWS_MAX } from '@gatehouse/contracts/imports';
import { plainText } from '@gatehouse/contracts/plain-text';
import { z } from 'zod';

/** Rows are read one by one: one that is not valid does not refuse those beside it. */
export const importKeysBody = z.strictObject({
  organization: plainText.max(64).optional(),
  import_id: importIdSchema,
  api: plainText.min(1).max(64),
  project: plainText.min(1).max(64).optional(),
  rows: z.array(z.unknown()).min(1).max(IMPORT_ROWS_MAX),
});

export const exportKeysQuery = z.strictObject({
  organization: plainText.max(64).optional(),
  api: plainText.min(1).max(64).optional(),
  project: plainText.min(1).max(64).optional(),
  format: z.enum(['ndjson', 'csv'], { error: 'must be ndjson or csv' }).default('ndjson'),
});
