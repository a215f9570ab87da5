import type { Counter } from './counter.js';
import type { LimitOutcome, SubjectLimits, WindowState } from './limit.js';

/**
 * Judges one request over all windows of all subjects. Changes nothing: where the outcome is `allowed`, the caller adds
 * `cost` to every counter, at once with the judgement.
 * @param counters one for each window, in the order of the query, turned over to `nowMs`. One counter may stand in it
 * more than once; it is charged once.
 */
export function judgeLimits(
  subjects: readonly SubjectLimits[],
  counters: readonly Counter[],
  cost: number,
  nowMs: number,
): LimitOutcome {
  const retryAfterSeconds = retryAfter(subjects, counters, cost, nowMs);
  const charge = retryAfterSeconds === 0 ? cost : 0;
  const windows: WindowState[] = [];
  let index = 0;
  for (const { subject, limits } of subjects) {
    for (const { windowSeconds, quota } of limits) {
      const counter = counters[index++] as Counter;
      const remaining = Math.max(0, quota - counter.used - charge);
      windows.push({ subject, windowSeconds, quota, remaining, resetAtSeconds: counter.startSeconds + windowSeconds });
    }
  }
  return retryAfterSeconds === 0 ? { kind: 'allowed', windows } : { kind: 'refused', windows, retryAfterSeconds };
}

/** Whole seconds until the last of the windows that are too full has started anew; 0 where none is. */
function retryAfter(
  subjects: readonly SubjectLimits[],
  counters: readonly Counter[],
  cost: number,
  nowMs: number,
): number {
  let seconds = 0;
  let index = 0;
  for (const { limits } of subjects) {
    for (const { windowSeconds, quota } of limits) {
      const counter = counters[index++] as Counter;
      if (counter.used + cost <= quota) continue;
      const untilResetMs = (counter.startSeconds + windowSeconds) * 1_000 - nowMs;
      seconds = Math.max(seconds, 1, Math.ceil(untilResetMs / 1_000));
    }
  }
  return seconds;
}
