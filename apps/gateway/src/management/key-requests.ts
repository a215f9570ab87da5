import { quotasSchema } from '@gatehouse/contracts/keys';
import { plainText } from '@gatehouse/contracts/plain-text';
import { USAGE_DAYS_MAX } from '@gatehouse/contracts/usage';
import { z } from 'zod';
import { Refusal } from './refusal.js';

/** Bodies and queries about keys. Strict: an unknown field is an error, never ignored. */
const organization = plainText.max(64).optional();

/** A number of a query: nothing that only JavaScript reads as one. */
const decimal = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number in plain digits')
  .transform(Number);

const name = plainText.trim().min(1).max(120);
const scopeNames = z.array(plainText.max(64)).max(100);
const allowedIps = z.array(plainText.min(1).max(64)).max(100);
const metadata = z
  .record(plainText.max(64), plainText.max(512))
  .refine((given) => Object.keys(given).length <= 50, 'may have at most 50 entries');
const moment = z.iso
  .datetime({ offset: true })
  .refine(hasPlainYear, 'must be in the years 0001 to 9999, in UTC')
  .transform((text) => new Date(text).toISOString());
const remainingUses = z.number().int().min(0).max(1_000_000_000);

export const issueKeyBody = z
  .strictObject({
    organization,
    api: plainText.min(1).max(64),
    project: plainText.min(1).max(64).optional(),
    name,
    scopes: scopeNames,
    roles: scopeNames.default([]),
    environment: plainText.min(1).max(64).optional(),
    expires_in_days: z.number().int().positive().max(36_500).optional(),
    expires_at: moment.optional(),
    metadata: metadata.default({}),
    allowed_ips: allowedIps.default([]),
    limits: quotasSchema.optional(),
    remaining_uses: remainingUses.optional(),
  })
  .refine((body) => body.expires_in_days === undefined || body.expires_at === undefined, {
    path: ['expires_at'],
    message: 'cannot be given together with expires_in_days',
  });

export const listKeysQuery = z.strictObject({
  organization,
  api: plainText.min(1).max(64).optional(),
  project: plainText.min(1).max(64).optional(),
  created_by: plainText.min(1).max(64).optional(),
  cursor: z.string().min(1).max(200).optional(),
  limit: decimal.pipe(z.number().min(1).max(100)).default(50),
});

const days = decimal.pipe(z.number().min(1).max(USAGE_DAYS_MAX)).default(30);

export const keyUsageQuery = z.strictObject({ organization, days });

export const listRequestsQuery = listKeysQuery.pick({ organization: true, cursor: true, limit: true });

export const updateKeyBody = z.strictObject({
  organization,
  name: name.optional(),
  scopes: scopeNames.optional(),
  roles: scopeNames.optional(),
  metadata: metadata.optional(),
  allowed_ips: allowedIps.optional(),
  expires_at: moment.nullable().optional(),
  limits: quotasSchema.nullable().optional(),
  remaining_uses: remainingUses.nullable().optional(),
});

export const organizationBody = z.strictObject({ organization });

export const revokeKeyBody = z.strictObject({ organization, reason: plainText.max(200).optional() });

export const rotateKeyBody = z.strictObject({
  organization,
  grace_seconds: z.number().int().min(0).max(31_536_000).default(86_400),
});

const KEY_ID = /^key_[0-9A-Za-z]{1,60}$/;

/** @throws Refusal not_found for what can be no key's id: it is not looked up. */
export function checkKeyId(keyId: string): string {
  if (!KEY_ID.test(keyId)) throw new Refusal('not_found');
  return keyId;
}

/** An offset may lead out of the years that have four digits, which is all that databases and other readers take. */
function hasPlainYear(text: string): boolean {
  const year = new Date(text).getUTCFullYear();
  return year >= 1 && year <= 9999;
}
