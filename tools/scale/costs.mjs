/**
 * What the simulation is told: numbers of the protocol as the code has them, and costs as they were measured on 2 cores.
 * Microseconds of processor time unless the name says otherwise.
 */

/** `libs/lease/src/lease.ts`, `apps/keys/src/lease/announce-change.ts`; test/scale.spec.ts compares. */
export const RENEW_EVERY_MS = 500;
export const REVOKER_WAIT_MS = 2_100;
export const ANNOUNCE_MS = 300;

/** `apps/gateway/src/edge/keys.client.ts`, `apps/gateway/src/usage/usage-fold.ts`. */
export const REMEMBERED_KEYS = 20_000;
export const LATELY = 65_536;
export const BATCHES_IN_FLIGHT = 8;
export const BATCH_ITEMS = 512;
export const SELDOM_USES_MAX = 16;
export const USAGE_EVERY_SECONDS = 2;

/**
 * `tools/scale/measure.mjs`, the quietest of three runs beside other work: an exchange costs its message and each request in it.
 * The gateway's request is what is left of the 67 µs of bench/RESULTS.md, where a message had about 2.5 requests.
 */
export const GATEWAY = { turn: 0, message: 36, request: 38 };
export const NATS = { message: 9.4, request: 0.7 };
export const KEYS = { message: 12, request: 0.8 };
export const RATELIMIT = { message: 16, request: 6.2 };

/** Decision 0016: six fixed windows, 46 alone and 15 in a batch of 64. Beside other work it was up to twice that. */
export const REDIS = { message: 31.5, request: 14.5 };
/** Of a subject with three windows, in Redis 7: `used_memory` of 200,000 of them. */
export const REDIS_SUBJECT_BYTES = 214;

/** Decision 0015: a signed token for the upstream, where none is remembered. */
export const TOKEN = 78;

/** `tools/scale/measure.mjs`: what PostgreSQL does for a statement, for a key in it, for a renewal and for a change. */
export const LOOKUP = { statement: 383, key: 25 };
export const RENEWAL = 139;
export const CHANGE = 3_000;

/** The replica that makes a change: for all of it, and for each time that a holder is told. */
export const CHANGE_OWN = 4_000;
export const TELL_OWN = 37;

/** Decision 0015: of PostgreSQL, for a key whose uses are added up, and for one use that is kept as it came. */
export const USAGE = { key: 145, use: 3.5 };
/** Decision 0015: for a use that is counted later, 50 ms in each second at 8,000 uses. */
export const COUNTED_USE = 6;
