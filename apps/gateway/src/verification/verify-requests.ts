import { plainText } from '@gatehouse/contracts/plain-text';
import { parsePermissionQuery } from '@gatehouse/key-domain/permission-query';
import { z } from 'zod';

/** How many keys one batch may ask about. */
const BATCH_KEYS_MAX = 100;

const permissions = z.string().transform((text, context) => {
  const query = parsePermissionQuery(text);
  if (query.kind !== 'malformed') return query;
  context.addIssue({ code: 'custom', message: `character ${query.position + 1} ${query.message}` });
  return z.NEVER;
});

/** What is asked about one key. Any text may be a key: what cannot be one is answered, not refused. */
const question = {
  key: z.string(),
  api: plainText.min(1).max(64).optional(),
  permissions: permissions.optional(),
  cost: z.number().int().min(0).max(1_000_000).default(1),
  address: z.union([z.ipv4(), z.ipv6()], { error: 'must be an IPv4 or IPv6 address' }).optional(),
  project: plainText.min(1).max(64).optional(),
  environment: plainText.min(1).max(64).optional(),
};
const questionSchema = z.strictObject(question);
export type VerifyQuestion = z.output<typeof questionSchema>;

const organization = plainText.max(64).optional();

export const verifyBody = z.strictObject({ organization, ...question });

export const verifyBatchBody = z.strictObject({
  organization,
  keys: z.array(questionSchema).min(1).max(BATCH_KEYS_MAX),
});

export const whoamiBody = z.strictObject({ key: z.string().optional() });

export const selfRevokeBody = z.strictObject({ key: z.string().optional(), reason: plainText.max(200).optional() });
