import type { SubjectLimits, WindowState } from './limit.js';

/** A part of the quotas that a limiter has charged ahead for one asker, in every window of every subject. */
export interface Allotment {
  /** 32 hexadecimal digits, new for each one: by it the limiter knows what it gets back. */
  readonly id: string;
  readonly units: number;
}

/** `none`: nothing was charged that could be used. `endsInMs`: until the first of the windows is over, from the charge on. */
export type AllotOutcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'allotted'; readonly windows: readonly WindowState[]; readonly endsInMs: number };

/** No allotment is used for longer, so that what nobody needs is soon back. */
const LIFE_MAX_MS = 500;
/** How long before the end of its first window an allotment ends: clocks run at different speeds. */
const MARGIN_MS = 10;
/** What one asker takes at once of what is left: one part of so many. */
const PARTS_OF_REST = 16;
/** Fewer requests than these are not worth a message of their own. */
export const REQUESTS_MIN = 4;

/**
 * Whether limits can be charged ahead: a fixed window counts the same whenever within it something is used. What a log or a
 * bucket promises is about the moment of each use; a limit in shadow has to judge each request.
 */
export function canBeAllotted(subjects: readonly SubjectLimits[]): boolean {
  return subjects.every(({ limits }) =>
    limits.every(({ algorithm, shadow }) => algorithm === undefined && shadow !== true),
  );
}

/**
 * How many units to charge ahead; 0: none. As many as were used of late, but a small part of the rest: towards the end of a
 * quota nothing is held that somebody else could use, and each request is charged by itself.
 * @param remaining the least that is left in any window
 * @param cost of one request
 */
export function unitsAhead(recentUnits: number, remaining: number, cost: number): number {
  const units = Math.min(recentUnits, Math.floor(remaining / PARTS_OF_REST));
  return units >= REQUESTS_MIN * Math.max(1, cost) ? units : 0;
}

/**
 * When an allotment ends, by the asker's monotonic clock. Counted from before the question was sent, which was before the
 * charge: so it ends before the window does, by whatever clock that goes.
 */
export function allotmentEndMs(sentAtMs: number, endsInMs: number): number {
  return sentAtMs + Math.min(endsInMs - MARGIN_MS, LIFE_MAX_MS);
}

/** How long the first of these windows goes on, in milliseconds from a moment of the limiter's clock. */
export function firstEndInMs(windows: readonly WindowState[], nowMs: number): number {
  let endSeconds = Number.POSITIVE_INFINITY;
  for (const { resetAtSeconds } of windows) endSeconds = Math.min(endSeconds, resetAtSeconds);
  return endSeconds * 1_000 - nowMs;
}

/** The least that is left in any of these windows; 0 where there is none. */
export function leastRemaining(windows: readonly WindowState[]): number {
  let least = windows[0]?.remaining ?? 0;
  for (const { remaining } of windows) least = Math.min(least, remaining);
  return least;
}

/** What is left of windows by two answers of which nobody knows the order: of those windows that both mean, the less. */
export function lesserOf(windows: readonly WindowState[], other: readonly WindowState[]): readonly WindowState[] {
  return windows.map((window, index) => {
    const same = other[index];
    if (same === undefined || same.resetAtSeconds !== window.resetAtSeconds) return window;
    return same.remaining < window.remaining ? { ...window, remaining: same.remaining } : window;
  });
}
