import { openCounter } from './algorithms.js';
import type { Counter } from './counter.js';
import { capacityOf, type Limit, type LimitOutcome, type SubjectLimits, type WindowState } from './limit.js';

/**
 * How long a request waits until it fits into every window of every subject; 0: it may go. Limits in shadow are not
 * asked. Changes nothing: where it may go, the caller charges every counter, at once with the judgement.
 * @param counters one for each limit, in the order of the query, advanced to `nowMs`
 */
export function judgeLimits(
  subjects: readonly SubjectLimits[],
  counters: readonly Counter[],
  cost: number,
  nowMs: number,
): number {
  let waitMs = 0;
  let index = 0;
  for (const { limits } of subjects) {
    for (const limit of limits) {
      const counter = counters[index++] as Counter;
      if (limit.shadow !== true) waitMs = Math.max(waitMs, counter.waitMs(limit, cost, nowMs));
    }
  }
  return waitMs;
}

/** Words how a window stands. @param used of it now, after the charge where there was one */
export function windowState(subject: string, limit: Limit, used: number, moreAtMs: number): WindowState {
  const { windowSeconds, quota } = limit;
  const remaining = Math.max(0, capacityOf(limit) - used);
  const resetAtSeconds = Math.ceil(moreAtMs / 1_000);
  if (limit.burst === undefined) return { subject, windowSeconds, quota, remaining, resetAtSeconds };
  return { subject, windowSeconds, quota, capacity: limit.burst, remaining, resetAtSeconds };
}

/** A refusal asks for whole seconds, and for one at least. */
export function refused(windows: readonly WindowState[], waitMs: number): LimitOutcome {
  return { kind: 'refused', windows, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) };
}

/** How a limit stands of which nothing is used. */
export function untouchedWindow(subject: string, limit: Limit, nowMs: number): WindowState {
  return windowState(subject, limit, 0, openCounter(limit, 0, nowMs).moreAtMs(limit, nowMs));
}
