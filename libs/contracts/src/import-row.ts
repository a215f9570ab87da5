import { readHash } from '@gatehouse/key-domain/read-hash';
import { z } from 'zod';
import { quotasSchema } from './keys.js';
import { plainText } from './plain-text.js';

/** The name of one import, over all its batches. */
export const importIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, 'must be 1 to 64 letters, digits and . _ : -');

/** Lines of a file, from 1. */
export const lineSchema = z.number().int().min(1).max(4_000_000_000);

const hashSchema = z
  .strictObject({
    algorithm: z.enum(['sha256', 'hmac-sha256'], { error: 'must be sha256 or hmac-sha256' }),
    encoding: z.enum(['hex', 'base64'], { error: 'must be hex or base64' }),
    value: z.string().max(200),
  })
  .refine(({ encoding, value }) => readHash(encoding, value) !== undefined, {
    path: ['value'],
    message: 'must be a hash of 32 bytes in this encoding',
  });

const name = plainText.trim().min(1).max(120);
const words = z.array(plainText.max(64)).max(100);

/**
 * One key to import, as clients send it to the management API: by the hash of the key, or by the key itself. The command
 * line's dry run and the gateway check rows with this same schema.
 */
export const importRowSchema = z
  .strictObject({
    line: lineSchema,
    hash: hashSchema.optional(),
    key: z.string().min(1).max(512).optional(),
    /** How the key is shown; without it, what its value or its form tells. */
    display: plainText.min(1).max(64).optional(),
    name,
    scopes: words,
    roles: words.default([]),
    environment: plainText.min(1).max(64).optional(),
    expires_at: z.iso.datetime({ offset: true }).refine(hasPlainYear, 'must be in the years 0001 to 9999').optional(),
    metadata: z
      .record(plainText.max(64), plainText.max(512))
      .refine((metadata) => Object.keys(metadata).length <= 50, 'may have at most 50 entries')
      .default({}),
    allowed_ips: z.array(plainText.max(64)).max(100).default([]),
    limits: quotasSchema.optional(),
  })
  .refine(({ hash, key }) => (hash === undefined) !== (key === undefined), {
    path: ['hash'],
    message: 'either hash or key is needed, and not both',
  });
export type ImportRow = z.output<typeof importRowSchema>;

/** An offset may lead out of the years that have four digits, which is all that databases and other readers take. */
function hasPlainYear(text: string): boolean {
  const year = new Date(text).getUTCFullYear();
  return year >= 1 && year <= 9999;
}
