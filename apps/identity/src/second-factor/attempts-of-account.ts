/** Codes of one account that are compared within the window, at whatever door and of whatever kind [M-11]. */
export const ACCOUNT_ATTEMPTS = 10;
export const ACCOUNT_WINDOW_SECONDS = 15 * 60;

/** Whole seconds until the oldest attempt leaves the window; never less than one. */
export function retryAfterSeconds(oldestAttemptMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((oldestAttemptMs + ACCOUNT_WINDOW_SECONDS * 1_000 - nowMs) / 1_000));
}
