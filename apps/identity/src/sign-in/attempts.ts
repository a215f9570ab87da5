/** Guesses at one address that are compared before any delay. */
export const FREE_ATTEMPTS = 10;

/** How long no guess is compared after the 10th, the 11th, … in a row; the last one stays. */
export const DELAYS_SECONDS: readonly number[] = [30, 60, 120, 240, 480, 960, 1_920, 3_600];

/** One attempt was counted and may be compared, or none may be before that many seconds. */
export type CountedAttempt =
  | { readonly kind: 'counted' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfterSeconds: number };

/** What the caller is told: whole seconds, never less than one, so that who waits them gets through. */
export function refuseUntil(blockedUntilMs: number, nowMs: number): CountedAttempt {
  return {
    kind: 'too_many_attempts',
    retryAfterSeconds: Math.max(1, Math.ceil((blockedUntilMs - nowMs) / 1_000)),
  };
}
