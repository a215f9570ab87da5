import { type BoundedQueue, boundedQueue } from './bounded-queue.js';

/** For tests that are not about turns: everybody has one. */
export function ampleTurns(): BoundedQueue {
  return boundedQueue({ atOnce: 1_000, maxWaiting: 1_000, longestWaitMs: 60_000 });
}
