import { z } from 'zod';
import { actorSchema } from './actor.js';
import { contract } from './contract.js';
import { plainText } from './plain-text.js';
import { lastUsedSchema, secretUsageSchema } from './usage.js';

/** Quotas by the names of their windows; a window that is not named is not limited. */
export const quotasSchema = z.partialRecord(
  z.enum(['second', 'minute', 'hour', 'day']),
  z.number().int().min(1).max(4_000_000_000),
);
export type Quotas = z.infer<typeof quotasSchema>;

/** What the operator sets for one organization in place of its plan's quotas [A9]. */
export const organizationLimitsSchema = z.strictObject({
  key: quotasSchema.nullable().default(null),
  organization: quotasSchema.nullable().default(null),
});
export type OrganizationQuotas = z.output<typeof organizationLimitsSchema>;

/** A rotation under way: two secrets are good until the grace ends. */
const rotationSchema = z.strictObject({
  startedAt: z.iso.datetime(),
  graceUntil: z.iso.datetime(),
  /** The old secret: prefix, dots, last four characters. */
  oldDisplay: z.string(),
  oldGeneration: z.number().int(),
  /** Who still uses it, since this rotation began; not in lists, nor in answers to other changes. */
  oldSecret: secretUsageSchema.optional(),
});

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
  state: z.enum(['active', 'disabled', 'quarantined', 'revoked', 'expired']),
  metadata: z.record(z.string(), z.string()),
  allowedAddresses: z.array(z.string()),
  limits: quotasSchema.nullable(),
  /** How often it may still be used; null: without end. */
  remainingUses: z.number().int().nullable(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  createdByRole: z.string(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
  revocationReason: z.string().nullable(),
  rotation: rotationSchema.nullable(),
  /** Older than its profile wants keys to be [G10]. */
  rotationDue: z.boolean(),
  /** Null: never, as far as gateways have reported; they do so every few seconds. */
  lastUsed: lastUsedSchema.nullable().default(null),
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
const notFound = z.strictObject({ kind: z.literal('not_found') });
const ofKey = { actor: actorSchema, keyId: z.string().max(64) };

const scopeNames = z.array(plainText.max(64)).max(100);
const addresses = z.array(z.string().max(64)).max(100);
const metadata = z.record(plainText.max(64), plainText.max(512));
const remainingUses = z.number().int().min(0).max(1_000_000_000);

/** Creates a key. The answer is the only message that ever carries its secret. */
export const issueKey = contract(
  'gatehouse.v1.keys.issue',
  z.strictObject({
    actor: actorSchema,
    api: plainText.max(64),
    projectId: plainText.max(64),
    projectSlug: plainText.max(40),
    plan: plainText.max(64),
    name: plainText.min(1).max(120),
    /** Exact names and wildcards; what they are at this moment is what the key gets. */
    scopes: scopeNames,
    /** Named groups of scopes. */
    roles: scopeNames.default([]),
    environment: plainText.max(64).optional(),
    expiresAt: z.iso.datetime().optional(),
    expiresInDays: z.number().int().positive().max(36_500).optional(),
    metadata: metadata.default({}),
    allowedAddresses: addresses.default([]),
    limits: quotasSchema.optional(),
    remainingUses: remainingUses.optional(),
    idempotencyKey: plainText.min(1).max(255).optional(),
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('issued'), key: keyViewSchema, secret: z.string() }),
    refused([
      'unknown_api',
      'unknown_scope',
      'unknown_role',
      'unknown_environment',
      'invalid_expiry',
      'invalid_address',
      'permission_denied',
      'key_quota_reached',
      'idempotency_conflict',
    ]),
  ]),
);

/** Lists the keys of the actor's organization, newest first, expired and revoked ones included [E7] [E9]. */
export const listKeys = contract(
  'gatehouse.v1.keys.list',
  z.strictObject({
    actor: actorSchema,
    api: plainText.max(64).optional(),
    projectId: plainText.max(64).optional(),
    /** The account, or the management key, that made them. */
    createdBy: plainText.max(64).optional(),
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
  z.strictObject(ofKey),
  z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('found'), key: keyViewSchema }), notFound]),
);

/**
 * Changes what a key is called, what it may do and where. What is not named stays. A removed scope, address or quota
 * holds on every gateway when this has answered. A key that has expired or is revoked stays as it is [E9].
 */
export const updateKey = contract(
  'gatehouse.v1.keys.update',
  z.strictObject({
    ...ofKey,
    name: plainText.min(1).max(120).optional(),
    scopes: scopeNames.optional(),
    roles: scopeNames.optional(),
    metadata: metadata.optional(),
    allowedAddresses: addresses.optional(),
    /** null: without an end. */
    expiresAt: z.iso.datetime().nullable().optional(),
    /** Below the plan's; null: none of its own. */
    limits: quotasSchema.nullable().optional(),
    /** null: without end. */
    remainingUses: remainingUses.nullable().optional(),
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('updated'), key: keyViewSchema }),
    notFound,
    refused([
      'unknown_scope',
      'unknown_role',
      'invalid_expiry',
      'invalid_address',
      'permission_denied',
      'key_revoked',
      'key_expired',
    ]),
  ]),
);

const stateChanged = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('changed'), key: keyViewSchema }),
  notFound,
  refused(['permission_denied', 'key_revoked', 'key_expired']),
]);

/** Stops a key until it is enabled again. When this has answered, no request that starts afterwards is accepted. */
export const disableKey = contract('gatehouse.v1.keys.disable', z.strictObject(ofKey), stateChanged);

/** Lets a key work again that is disabled, or in quarantine. A revoked one never does [T5]. */
export const enableKey = contract('gatehouse.v1.keys.enable', z.strictObject(ofKey), stateChanged);

const settledHolder = z.strictObject({ holderId: z.string(), kind: z.enum(['keys', 'gateway']) });

/** Why a change holds everywhere, and since when: who had what in memory has said that it forgot it, or may not use it. */
const settlementSchema = z.strictObject({
  heldAt: z.iso.datetime(),
  acknowledged: z.array(settledHolder).readonly(),
  /** Were not heard: every lease that they had when the change was made has run out. */
  expired: z.array(settledHolder).readonly(),
  /** False: nobody could say who holds a lease, and every one that there can be has run out. */
  listed: z.boolean(),
});
export type SettlementView = z.infer<typeof settlementSchema>;

/**
 * Ends a key for good. When this has answered `revoked`, no request that starts afterwards is accepted anywhere [E12].
 * Revoking a revoked key waits again, answers the same key, and keeps the first reason.
 */
export const revokeKey = contract(
  'gatehouse.v1.keys.revoke',
  z.strictObject({ ...ofKey, reason: plainText.max(200).optional() }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('revoked'), key: keyViewSchema, settlement: settlementSchema }),
    notFound,
  ]),
);

/** Revokes a key and takes it out of every list [G5]; its row and its audit log stay. */
export const removeKey = contract(
  'gatehouse.v1.keys.remove',
  z.strictObject(ofKey),
  z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('removed') }), notFound]),
);

const rotated = z.strictObject({ kind: z.literal('rotated'), key: keyViewSchema, secret: z.string() });
const rotationChanged = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('changed'), key: keyViewSchema }),
  notFound,
  refused(['permission_denied', 'no_rotation', 'key_revoked', 'key_expired']),
]);

/**
 * Gives a key a new secret; its id, scopes, limits and counters stay. The old secret is good until the grace ends, or the
 * key expires, whichever is first. The answer is the only message that ever carries the new secret.
 */
export const rotateKey = contract(
  'gatehouse.v1.keys.rotate',
  z.strictObject({
    ...ofKey,
    projectSlug: plainText.max(40),
    /** 0: the old secret ends at once. */
    graceSeconds: z.number().int().min(0).max(31_536_000),
  }),
  z.discriminatedUnion('kind', [
    rotated,
    notFound,
    refused([
      'permission_denied',
      'rotation_not_offered',
      'rotation_under_way',
      'invalid_grace',
      'key_revoked',
      'key_disabled',
      'key_expired',
    ]),
  ]),
);

/** Ends the old secret now. */
export const finishRotation = contract('gatehouse.v1.keys.finish-rotation', z.strictObject(ofKey), rotationChanged);

/** Ends the new secret, and makes the old one current again, as it was. */
export const cancelRotation = contract('gatehouse.v1.keys.cancel-rotation', z.strictObject(ofKey), rotationChanged);

/** What decisions about keys have to know of an organization: written when its plan changes, or it is suspended. */
export const setOrganization = contract(
  'gatehouse.v1.keys.set-organization',
  z.strictObject({
    organizationId: z.string().max(64),
    plan: plainText.max(64),
    limits: organizationLimitsSchema.nullable(),
    suspended: z.boolean(),
    actor: actorSchema,
  }),
  z.strictObject({ kind: z.literal('set') }),
);
