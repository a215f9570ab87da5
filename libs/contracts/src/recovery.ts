import { z } from 'zod';
import { contract } from './contract.js';
import { originSchema } from './identity.js';
import { plainText } from './plain-text.js';

const token = z.string().max(200);
const linkInvalid = z.strictObject({ kind: z.literal('link_invalid') });
/** Somebody looks at it; not before `readyAt` can it be completed. */
const underReview = z.strictObject({ kind: z.literal('under_review'), readyAt: z.iso.datetime() });

const recoveryStateSchema = z.enum(['pending', 'waiting', 'ready', 'refused', 'cancelled', 'completed', 'lapsed']);

/**
 * Device and codes are lost: a sign-in that waits for its second factor asks for another way [T22]. The challenge says that the
 * first factor was right; a link goes to the account's address. An approved recovery gets its last link the same way.
 */
export const startRecovery = contract(
  'gatehouse.v1.identity.recovery.start',
  z.strictObject({ challenge: token, origin: originSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('mail_sent') }),
    underReview,
    z.strictObject({ kind: z.literal('challenge_ended') }),
  ]),
);

/** The link of that mail: the request waits for a review from now on, and the owner hears of it. */
export const confirmRecovery = contract(
  'gatehouse.v1.identity.recovery.confirm',
  z.strictObject({ token, origin: originSchema }),
  z.discriminatedUnion('kind', [underReview, linkInvalid]),
);

/** The link of the notice: whoever reads the owner's mail can stop it, at any time before it is completed. */
export const cancelRecovery = contract(
  'gatehouse.v1.identity.recovery.cancel',
  z.strictObject({ token, origin: originSchema }),
  z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('cancelled') }), linkInvalid]),
);

/** Removes every second factor and ends everything that is open. Signs nobody in. */
export const completeRecovery = contract(
  'gatehouse.v1.identity.recovery.complete',
  z.strictObject({ token, origin: originSchema }),
  z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('recovered') }), linkInvalid]),
);

export const recoveryViewSchema = z.strictObject({
  id: z.string(),
  accountId: z.string(),
  email: z.string(),
  name: z.string(),
  state: recoveryStateSchema,
  requestedAt: z.iso.datetime(),
  readyAt: z.iso.datetime(),
  lapsesAt: z.iso.datetime(),
  decidedBy: z.string().nullable(),
  address: z.string(),
  userAgent: z.string(),
});

/** What the operator has to look at, and what was decided lately, the newest first; a hundred at most. */
export const listRecoveries = contract(
  'gatehouse.v1.identity.recovery.list',
  z.strictObject({ accountId: plainText.max(64) }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('listed'), recoveries: z.array(recoveryViewSchema) }),
    z.strictObject({ kind: z.literal('not_permitted') }),
  ]),
);

/** The review. Nobody decides about the own account. */
export const decideRecovery = contract(
  'gatehouse.v1.identity.recovery.decide',
  z.strictObject({
    accountId: plainText.max(64),
    recoveryId: plainText.max(64),
    decision: z.enum(['approve', 'refuse']),
    origin: originSchema,
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('decided'), recovery: recoveryViewSchema }),
    z.strictObject({ kind: z.literal('not_permitted') }),
    z.strictObject({ kind: z.literal('not_found') }),
    /** It is in a state from which that does not follow. */
    z.strictObject({ kind: z.literal('conflict'), state: recoveryStateSchema }),
  ]),
);
