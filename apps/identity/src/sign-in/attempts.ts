import { createHash } from 'node:crypto';
import { type EmailAddress, hashEmail } from '../accounts/email.js';

/** Guesses at one address that are compared before any delay. */
export const FREE_ATTEMPTS = 10;

/** How long no guess is compared after the 10th, the 11th, … in a row; the last one stays. */
export const DELAYS_SECONDS: readonly number[] = [30, 60, 120, 240, 480, 960, 1_920, 3_600];

/** Wrong guesses of strangers in a row after which a password opens nothing for them any more [P-09]. */
export const MOST_FAILURES = 100;

/**
 * One attempt was counted and may be compared, or none may be before that many seconds. `failures` is the number of this
 * guess among those of strangers in a row at an existing password; 0 where there is none to count at.
 */
export type CountedAttempt =
  | { readonly kind: 'counted'; readonly failures: number }
  | { readonly kind: 'too_many_attempts'; readonly retryAfterSeconds: number };

/** What the caller is told: whole seconds, never less than one, so that who waits them gets through. */
export function refuseUntil(blockedUntilMs: number, nowMs: number): CountedAttempt {
  return {
    kind: 'too_many_attempts',
    retryAfterSeconds: Math.max(1, Math.ceil((blockedUntilMs - nowMs) / 1_000)),
  };
}

/**
 * Under what guesses at an address are counted: the address; or the address on one device that its owner has signed in on,
 * so that guesses from elsewhere cannot lock that device out [P-10, H-042].
 */
export function attemptCounter(email: EmailAddress, knownDevice: Buffer | undefined): Buffer {
  const address = hashEmail(email);
  return knownDevice === undefined
    ? address
    : createHash('sha256').update('device').update(knownDevice).update(address).digest();
}
