import { plainText, typedEmail } from '@gatehouse/contracts/plain-text';
import { z } from 'zod';

/** Bodies and queries of the management API. Strict: an unknown field is an error, never ignored. */
const organization = plainText.max(64).optional();
const email = typedEmail.min(1, 'is required');
const password = z.string().min(1, 'is required').max(4096);

export const loginBody = z.strictObject({ email, password });

export const claimBody = z.strictObject({
  token: z.string().min(1, 'is required').max(200),
  email,
  password,
  name: plainText.max(120).default(''),
});

export const emptyBody = z.strictObject({});

export const organizationQuery = z.strictObject({ organization });

export const createProjectBody = z.strictObject({
  organization,
  name: plainText.trim().min(1).max(120),
  slug: plainText.min(1).max(60).optional(),
});
