import type { EntityManager } from 'typeorm';
import type { EmailAddress } from '../accounts/email.js';
import { rowsOf } from '../database/rows.store.js';
import { type CountedAttempt, DELAYS_SECONDS, FREE_ATTEMPTS, refuseUntil } from './attempts.js';
import { SignInAttemptEntity } from './sign-in-attempt.entity.js';

/**
 * Whether guesses at an address are refused at this moment, so that they need not queue up. Spends nothing.
 */
export async function judgeAttempts(
  manager: EntityManager,
  addressHash: Buffer,
  nowMs: number,
): Promise<CountedAttempt | undefined> {
  const found = await manager.findOneBy(SignInAttemptEntity, { addressHash });
  const blockedUntilMs = found?.blockedUntil?.getTime() ?? 0;
  return blockedUntilMs > nowMs ? refuseUntil(blockedUntilMs, nowMs) : undefined;
}

/**
 * Counts one attempt at an address before its password is looked at: one guarded statement, so that of any number
 * of guesses at once no more than allowed are ever compared.
 * @param email whose password it also counts against, in the same statement: known or not, the work is the same.
 * Undefined: a known device, which is not.
 * @param startedAtMs when the attempt arrived. Attempts that arrived before a success share the count that it had.
 */
export async function countAttempt(
  manager: EntityManager,
  counter: Buffer,
  email: EmailAddress | undefined,
  startedAtMs: number,
  nowMs: number,
): Promise<CountedAttempt> {
  const [counted] = await rowsOf<{ failures: number }>(manager, COUNT, [
    counter,
    new Date(nowMs),
    new Date(startedAtMs),
    FREE_ATTEMPTS,
    DELAYS_SECONDS,
    email?.lookup ?? null,
  ]);
  if (counted !== undefined) return { kind: 'counted', failures: counted.failures };
  return (await judgeAttempts(manager, counter, nowMs)) ?? refuseUntil(nowMs, nowMs);
}

/** The right password came: takes its own attempt back, and lets later attempts start anew. */
export async function forgiveAttempts(manager: EntityManager, addressHash: Buffer, nowMs: number): Promise<void> {
  await rowsOf(manager, FORGIVE, [addressHash, new Date(nowMs)]);
}

// A success gives the attempts that were under way no new budget (fewer than $4 - 1 may still follow): else one
// right guess among many at once would pay for twice as many wrong ones.
const COUNT = `
WITH counted AS (INSERT INTO sign_in_attempts AS a (address_hash, attempts, last_attempt_at) VALUES ($1, 1, $2)
ON CONFLICT (address_hash) DO UPDATE SET
  attempts = CASE WHEN a.forgiven_at < $3 THEN 1 ELSE a.attempts + 1 END,
  blocked_until = CASE
    WHEN a.forgiven_at < $3 THEN NULL
    WHEN a.attempts + 1 >= $4
      THEN $2::timestamptz + make_interval(secs => ($5::int[])[LEAST(a.attempts + 2 - $4, cardinality($5::int[]))])
  END,
  forgiven_at = CASE WHEN a.forgiven_at < $3 THEN NULL ELSE a.forgiven_at END,
  last_attempt_at = $2
WHERE a.forgiven_at < $3
   OR ((a.blocked_until IS NULL OR a.blocked_until <= $2) AND (a.forgiven_at IS NULL OR a.attempts < $4 - 1))
RETURNING attempts),
failing AS (UPDATE passwords p SET failures = p.failures + 1 FROM accounts a
  WHERE a.email_lookup = $6 AND p.account_id = a.id AND p.disabled_at IS NULL AND EXISTS (SELECT 1 FROM counted)
  RETURNING p.failures)
SELECT coalesce((SELECT failures FROM failing), 0) AS failures FROM counted`;

const FORGIVE = `
UPDATE sign_in_attempts SET attempts = GREATEST(attempts - 1, 0), blocked_until = NULL, forgiven_at = $2
WHERE address_hash = $1`;
