import { z } from 'zod';
import { contract } from './contract.js';

/** A gateway as a lease holder: random, new at each start. */
const holderId = z.string().regex(/^[0-9a-f]{32}$/);

/** The number of a change. Opaque but for its order. */
const changeSeq = z.string().regex(/^\d{1,19}$/);

/**
 * Enters a gateway among the lease holders, or enters it anew; it must hold nothing from before. Gives no lease: the
 * renewal behind it does. `learnsAnnounced`: it takes announcements from renewals, which one of an older version does not say.
 */
export const registerLease = contract(
  'gatehouse.v1.keys.lease-register',
  z.strictObject({ holderId, learnsAnnounced: z.boolean().optional() }),
  z.strictObject({ appliedSeq: changeSeq }),
);

/**
 * Extends a gateway's lease, counted from before this was sent, once it has forgotten what is told here: keys, or
 * organizations with all their keys, that have changed after `appliedSeq`, or are about to (`announced`). `vanished`: it
 * has to register again, with nothing remembered.
 */
export const renewLease = contract(
  'gatehouse.v1.keys.lease-renew',
  z.strictObject({ holderId, appliedSeq: changeSeq }),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('renewed'),
      appliedSeq: changeSeq,
      changedIds: z.array(z.string()).readonly(),
      announced: z.array(z.strictObject({ changeId: z.string(), ids: z.array(z.string()).readonly() })).readonly(),
    }),
    z.strictObject({ kind: z.literal('vanished') }),
  ]),
);

/** A gateway that has stopped using its lease gives it back, so that no change waits for it. */
export const releaseLease = contract(
  'gatehouse.v1.keys.lease-release',
  z.strictObject({ holderId }),
  z.strictObject({}),
);
