import { plainText, typedEmail } from '@gatehouse/contracts/plain-text';
import { z } from 'zod';

/** Bodies and queries of the management API. Strict: an unknown field is an error, never ignored. */
const organization = plainText.max(64).optional();
const email = typedEmail.min(1, 'is required');
const password = z.string().min(1, 'is required').max(4096);

/** A number of a query: nothing that only JavaScript reads as one. */
const decimal = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number in plain digits')
  .transform(Number);

export const loginBody = z.strictObject({ email, password });

export const claimBody = z.strictObject({
  token: z.string().min(1, 'is required').max(200),
  email,
  password,
  name: plainText.max(120).default(''),
});

export const emptyBody = z.strictObject({});

export const issueKeyBody = z
  .strictObject({
    organization,
    api: plainText.min(1).max(64),
    project: plainText.min(1).max(64).optional(),
    name: plainText.trim().min(1).max(120),
    scopes: z.array(plainText.max(64)).max(100),
    environment: plainText.min(1).max(64).optional(),
    expires_in_days: z.number().int().positive().max(36_500).optional(),
    expires_at: z.iso
      .datetime({ offset: true })
      .refine(hasPlainYear, 'must be in the years 0001 to 9999, in UTC')
      .optional(),
    metadata: z
      .record(plainText.max(64), plainText.max(512))
      .refine((metadata) => Object.keys(metadata).length <= 50, 'may have at most 50 entries')
      .default({}),
  })
  .refine((body) => body.expires_in_days === undefined || body.expires_at === undefined, {
    path: ['expires_at'],
    message: 'cannot be given together with expires_in_days',
  });

export const listKeysQuery = z.strictObject({
  organization,
  api: plainText.min(1).max(64).optional(),
  project: plainText.min(1).max(64).optional(),
  cursor: z.string().min(1).max(200).optional(),
  limit: decimal.pipe(z.number().min(1).max(100)).default(50),
});

export const organizationQuery = z.strictObject({ organization });

export const revokeKeyBody = z.strictObject({ organization, reason: plainText.max(200).optional() });

export const createProjectBody = z.strictObject({
  organization,
  name: plainText.trim().min(1).max(120),
  slug: plainText.min(1).max(60).optional(),
});

/** An offset may lead out of the years that have four digits, which is all that databases and other readers take. */
function hasPlainYear(text: string): boolean {
  const year = new Date(text).getUTCFullYear();
  return year >= 1 && year <= 9999;
}
