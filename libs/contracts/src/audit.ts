import { z } from 'zod';
import { actorSchema } from './actor.js';
import { contract } from './contract.js';
import { plainText } from './plain-text.js';

/** Whose log an entry is in: each service keeps that of what it owns. */
export const auditSourceSchema = z.enum(['identity', 'keys']);
export type AuditSource = z.infer<typeof auditSourceSchema>;

/** A place in the one log of both services, which is read newest first; at the same moment by service, then by id. */
const auditPlaceSchema = z.strictObject({
  atMs: z.number().int(),
  source: auditSourceSchema,
  id: plainText.max(64),
});
export type AuditPlace = z.infer<typeof auditPlaceSchema>;

/** What an organization's log says: who did what to what, where and when. Never a secret. */
const auditEntrySchema = z.strictObject({
  atMs: z.number().int(),
  source: auditSourceSchema,
  id: z.string(),
  action: z.string(),
  /** The account, or the management key; null: the installation itself. */
  actor: z.string().nullable(),
  target: z.string(),
  address: z.string(),
  requestId: z.string(),
  detail: z.record(z.string(), z.unknown()),
});
export type AuditEntryView = z.infer<typeof auditEntrySchema>;

const query = z.strictObject({
  actor: actorSchema,
  action: plainText.max(64).optional(),
  by: plainText.max(64).optional(),
  target: plainText.max(64).optional(),
  /** From this moment on. */
  sinceMs: z.number().int().optional(),
  /** Before this moment. */
  untilMs: z.number().int().optional(),
  /** Only what comes after this place. */
  after: auditPlaceSchema.optional(),
  limit: z.number().int().min(1).max(101),
});
export type AuditQuery = z.output<typeof query>;

const answer = z.strictObject({ kind: z.literal('listed'), entries: z.array(auditEntrySchema) });

/** The entries of the actor's organization in one service's log, newest first. */
export const listAudit = {
  identity: contract('gatehouse.v1.identity.audit.list', query, answer),
  keys: contract('gatehouse.v1.keys.list-audit', query, answer),
} as const satisfies Record<AuditSource, unknown>;
