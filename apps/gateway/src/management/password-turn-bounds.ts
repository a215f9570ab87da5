import type { QueueBounds } from '@gatehouse/bus/bounded-queue';

/** More than wait for `identity`, whose own queue is for whatever comes from all gateways. */
const WAITING_MAX = 256;
const LONGEST_WAIT_MS = 8_000;

/**
 * How many requests with a password a gateway works on at once: half as many as there are processors. Each keeps one of them
 * busy for some 30 ms, here or where `identity` runs, and a hundred that come together must not keep published APIs waiting
 * (decision 0019).
 */
export function passwordTurnBounds(processors: number, deadlineFactor: number): QueueBounds {
  return {
    atOnce: Math.max(1, Math.floor(processors / 2)),
    maxWaiting: WAITING_MAX,
    longestWaitMs: LONGEST_WAIT_MS * deadlineFactor,
  };
}
