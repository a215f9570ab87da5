import { z } from 'zod';
import { actorSchema } from './actor.js';
import { contract } from './contract.js';

/** The last request that a key's secret came with, whatever the answer was. */
export const lastUsedSchema = z.strictObject({
  at: z.iso.datetime(),
  address: z.string(),
  userAgent: z.string(),
  /** Pattern of the route table, as `POST /v1/chat/completions`; empty where none was matched. */
  route: z.string(),
});
export type LastUsed = z.infer<typeof lastUsedSchema>;

const count = z.number().int().min(0);
const days = (most: number) => z.number().int().min(1).max(most);

/** Requests that were made, how many of them were refused, and what the others cost. */
const amounts = { requests: count, refused: count, cost: count };

const callerSchema = z.strictObject({
  address: z.string(),
  userAgent: z.string(),
  route: z.string(),
  uses: count,
  lastUsedAt: z.iso.datetime(),
});

/** Who uses one secret of a key: how often in all, and the newest callers. */
export const secretUsageSchema = z.strictObject({
  uses: count,
  lastUsedAt: z.iso.datetime().nullable(),
  callers: z.array(callerSchema),
});
export type SecretUsage = z.infer<typeof secretUsageSchema>;

/** How long each kind of usage can be asked back; the request log keeps less. */
export const USAGE_DAYS_MAX = 365;

const notFound = z.strictObject({ kind: z.literal('not_found') });
const ofKey = { actor: actorSchema, keyId: z.string().max(64) };

/** How much a key of the actor's organization was used, by hour or by day (UTC), and by whom. */
export const getUsage = contract(
  'gatehouse.v1.keys.get-usage',
  z.strictObject({ ...ofKey, days: days(USAGE_DAYS_MAX) }),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('found'),
      from: z.iso.datetime(),
      to: z.iso.datetime(),
      /** `unlogged`: requests that were counted and are not in the request log, because there were too many at once. */
      totals: z.strictObject({ ...amounts, unlogged: count }),
      step: z.enum(['hour', 'day']),
      /** Hours or days without a request are not in it. */
      series: z.array(z.strictObject({ at: z.iso.datetime(), ...amounts })),
      lastUsed: lastUsedSchema.nullable(),
      /** The newest secrets that were used, newest first. */
      secrets: z.array(secretUsageSchema.extend({ generation: count })),
    }),
    notFound,
  ]),
);

const requestSchema = z.strictObject({
  at: z.iso.datetime(),
  requestId: z.string(),
  /** Which of the key's secrets, counted from the first one. */
  generation: count,
  address: z.string(),
  userAgent: z.string(),
  method: z.string(),
  path: z.string(),
  route: z.string(),
  status: z.number().int(),
  outcome: z.string(),
  cost: count,
});
export type LoggedRequest = z.infer<typeof requestSchema>;

/** The request log of a key, newest first [T30]. */
export const listRequests = contract(
  'gatehouse.v1.keys.list-requests',
  z.strictObject({
    ...ofKey,
    cursor: z.string().max(200).optional(),
    limit: z.number().int().min(1).max(100).default(50),
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('listed'),
      requests: z.array(requestSchema),
      nextCursor: z.string().nullable(),
    }),
    z.strictObject({ kind: z.literal('refused'), code: z.literal('invalid_cursor'), message: z.string() }),
    notFound,
  ]),
);

/** Which of its scopes a key has needed of late, and the narrower set that would have been enough. */
export const getScopeUse = contract(
  'gatehouse.v1.keys.get-scope-use',
  z.strictObject({ ...ofKey, days: days(USAGE_DAYS_MAX) }),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('found'),
      from: z.iso.datetime(),
      granted: z.array(z.strictObject({ scope: z.string(), uses: count, lastUsedAt: z.iso.datetime().nullable() })),
      unused: z.array(z.string()),
      proposed: z.array(z.string()),
    }),
    notFound,
  ]),
);
