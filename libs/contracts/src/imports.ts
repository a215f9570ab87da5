import { z } from 'zod';
import { actorSchema } from './actor.js';
import { contract } from './contract.js';
import { importIdSchema, lineSchema } from './import-row.js';
import { keyViewSchema, quotasSchema } from './keys.js';
import { plainText } from './plain-text.js';

/** Rows of one request; the gateway splits what would be larger than a message may be. */
export const IMPORT_ROWS_MAX = 1_000;

/** Why one row of an import was refused -> what that means. `docs/import.md` is compared with it. */
export const IMPORT_REFUSALS = {
  validation_error: 'A field of the row is missing, unknown or not valid.',
  unknown_key_form: 'The key has neither the form of the keys of this API nor one of its importedKeys.',
  unusable_hash: 'No key of this API would be found by this hash: none of its importedKeys has this algorithm.',
  secret_in_text: 'The name, the display or the metadata hold the key itself.',
  key_taken: 'The key belongs to another organization or another API.',
  unknown_scope: 'The API has no such scope.',
  unknown_role: 'The API has no such role.',
  unknown_environment: 'The API has no such environment, or the key is of another one.',
  invalid_expiry: 'The moment of expiry is over.',
  invalid_address: 'One of the addresses is neither an address nor a CIDR range.',
  permission_denied: 'Your role may not grant one of the scopes.',
  key_quota_reached: 'The plan of the organization allows no more keys of this API.',
} as const;
export type ImportRefusalCode = keyof typeof IMPORT_REFUSALS;

const row = z.strictObject({
  line: lineSchema,
  /** SHA-256 of the key, or HMAC-SHA-256 under the pepper of the former system; base64. */
  digest: z.base64().length(44),
  display: plainText.min(1).max(120),
  name: plainText.min(1).max(120),
  scopes: z.array(plainText.max(64)).max(100),
  roles: z.array(plainText.max(64)).max(100),
  environment: plainText.max(64).optional(),
  expiresAt: z.iso.datetime().optional(),
  metadata: z.record(plainText.max(64), plainText.max(512)),
  allowedAddresses: z.array(plainText.max(64)).max(100),
  limits: quotasSchema.optional(),
});

const refusalCodes = Object.keys(IMPORT_REFUSALS) as [ImportRefusalCode, ...ImportRefusalCode[]];

const outcome = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('imported'), line: lineSchema, keyId: z.string() }),
  /** The organization has this key, in whatever state, and it was left as it is. */
  z.strictObject({ status: z.literal('exists'), line: lineSchema, keyId: z.string() }),
  z.strictObject({
    status: z.literal('refused'),
    line: lineSchema,
    code: z.enum(refusalCodes),
    field: z.string().optional(),
    message: z.string(),
  }),
]);

/**
 * Makes keys of digests that a former system knew, all good rows in one transaction. A digest that is there already is
 * left as it is, so the same message again changes nothing. Outcomes come in the order of the rows.
 */
export const importKeys = contract(
  'gatehouse.v1.keys.import',
  z.strictObject({
    actor: actorSchema,
    importId: importIdSchema,
    api: plainText.max(64),
    projectId: plainText.max(64),
    plan: plainText.max(64),
    rows: z.array(row).min(1).max(IMPORT_ROWS_MAX),
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('settled'), outcomes: z.array(outcome) }),
    z.strictObject({ kind: z.literal('unknown_api') }),
  ]),
);

/** Keys of the actor's organization, newest first, as many as fit into one message; no secrets, no digests. */
export const exportKeys = contract(
  'gatehouse.v1.keys.export',
  z.strictObject({
    actor: actorSchema,
    api: plainText.max(64).optional(),
    projectId: plainText.max(64).optional(),
    cursor: z.string().max(200).optional(),
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('exported'), keys: z.array(keyViewSchema), nextCursor: z.string().nullable() }),
    z.strictObject({ kind: z.literal('invalid_cursor') }),
  ]),
);
