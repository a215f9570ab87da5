import { z } from 'zod';
import { contract } from './contract.js';
import { personSchema } from './identity.js';
import { plainText } from './plain-text.js';

/** A session as its owner sees it in the account settings [T28]; never its token. */
export const sessionViewSchema = z.strictObject({
  id: z.string(),
  startedAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  absoluteExpiresAt: z.iso.datetime(),
  address: z.string(),
  userAgent: z.string(),
  /** What was shown to open it. */
  proofs: z.array(z.string()),
  /** Whether it is the one in which this is asked. */
  isCurrent: z.boolean(),
});

/** The standing sessions of the account, the latest activity first. */
export const listOwnSessions = contract(
  'gatehouse.v1.identity.own-sessions.list',
  z.strictObject({ person: personSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('listed'), sessions: z.array(sessionViewSchema) }),
    z.strictObject({ kind: z.literal('session_ended') }),
  ]),
);

/** Ends one session of the account, or all but the one in which it is asked. Those of others are not found. */
export const endOwnSessions = contract(
  'gatehouse.v1.identity.own-sessions.end',
  z.strictObject({
    person: personSchema,
    sessions: z.union([z.literal('others'), z.strictObject({ id: plainText.max(64) })]),
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('ended'), sessions: z.number().int() }),
    z.strictObject({ kind: z.literal('not_found') }),
    z.strictObject({ kind: z.literal('session_ended') }),
  ]),
);
