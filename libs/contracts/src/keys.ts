import { z } from 'zod';
import { actorSchema } from './actor.js';
import { contract } from './contract.js';
import { plainText } from './plain-text.js';

/** What the management API shows of a key: never the secret, never its digest. */
export const keyViewSchema = z.strictObject({
  id: z.string(),
  /** Prefix, dots, last four characters [E3]. */
  display: z.string(),
  name: z.string(),
  api: z.string(),
  organizationId: z.string(),
  projectId: z.string(),
  environment: z.string(),
  scopes: z.array(z.string()),
  state: z.enum(['active', 'disabled', 'revoked', 'expired']),
  metadata: z.record(z.string(), z.string()),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
  revocationReason: z.string().nullable(),
});
export type KeyView = z.infer<typeof keyViewSchema>;

const refused = <const C extends readonly [string, ...string[]]>(codes: C) =>
  z.strictObject({
    kind: z.literal('refused'),
    code: z.enum(codes),
    /** Which field of the request, where one is to blame. */
    field: z.string().optional(),
    message: z.string(),
  });

/** Creates a key. The answer is the only message that ever carries its secret. */
export const issueKey = contract(
  'gatehouse.v1.keys.issue',
  z.strictObject({
    actor: actorSchema,
    api: plainText.max(64),
    projectId: plainText.max(64),
    plan: plainText.max(64),
    name: plainText.min(1).max(120),
    scopes: z.array(plainText.max(64)).max(100),
    environment: plainText.max(64).optional(),
    expiresAt: z.iso.datetime().optional(),
    expiresInDays: z.number().int().positive().max(36_500).optional(),
    metadata: z.record(plainText.max(64), plainText.max(512)).default({}),
    idempotencyKey: plainText.min(1).max(255).optional(),
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('issued'), key: keyViewSchema, secret: z.string() }),
    refused(['unknown_api', 'unknown_scope', 'unknown_environment', 'invalid_expiry', 'idempotency_conflict']),
  ]),
);

/** Lists the keys of the actor's organization, newest first, expired and revoked ones included [E7] [E9]. */
export const listKeys = contract(
  'gatehouse.v1.keys.list',
  z.strictObject({
    actor: actorSchema,
    api: plainText.max(64).optional(),
    projectId: plainText.max(64).optional(),
    cursor: z.string().max(200).optional(),
    limit: z.number().int().min(1).max(100).default(50),
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('listed'), keys: z.array(keyViewSchema), nextCursor: z.string().nullable() }),
    refused(['invalid_cursor']),
  ]),
);

/** One key of the actor's organization; a key of another organization is not found. */
export const getKey = contract(
  'gatehouse.v1.keys.get',
  z.strictObject({ actor: actorSchema, keyId: z.string().max(64) }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('found'), key: keyViewSchema }),
    z.strictObject({ kind: z.literal('not_found') }),
  ]),
);

/**
 * Ends a key for good. When this has answered `revoked`, no request that starts afterwards is accepted anywhere [E12].
 * Revoking a revoked key answers the same, and keeps the first reason.
 */
export const revokeKey = contract(
  'gatehouse.v1.keys.revoke',
  z.strictObject({ actor: actorSchema, keyId: z.string().max(64), reason: plainText.max(200).optional() }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('revoked'), key: keyViewSchema }),
    z.strictObject({ kind: z.literal('not_found') }),
  ]),
);
