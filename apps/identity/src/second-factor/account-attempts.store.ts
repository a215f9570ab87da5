import type { DataSource } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Origin } from '../origin.js';
import { ACCOUNT_ATTEMPTS, ACCOUNT_WINDOW_SECONDS, retryAfterSeconds } from './attempts-of-account.js';

export type CountedCode =
  | { readonly kind: 'counted' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfterSeconds: number };

/**
 * Counts one code of an account before it is looked at: one guarded statement, so that of any number at once, at all doors
 * together, no more than `ACCOUNT_ATTEMPTS` within the window are ever compared. A right code counts too: a window is a
 * window [H-049].
 */
export function countAccountAttempt(
  dataSource: DataSource,
  accountId: string,
  origin: Origin,
  nowMs: number,
): Promise<CountedCode> {
  return inTransaction(dataSource, async (manager) => {
    const since = new Date(nowMs - ACCOUNT_WINDOW_SECONDS * 1_000);
    const [counted] = await rowsOf<{ count: number }>(manager, COUNT, [
      accountId,
      new Date(nowMs),
      since,
      ACCOUNT_ATTEMPTS,
    ]);
    if (counted === undefined) {
      const [row] = await rowsOf<{ oldest: Date | null }>(
        manager,
        `SELECT (SELECT min(at) FROM unnest(attempted_at) AS at WHERE at > $2) AS oldest
         FROM second_factor_attempts WHERE account_id = $1`,
        [accountId, since],
      );
      const oldestMs = row?.oldest?.getTime() ?? nowMs;
      return { kind: 'too_many_attempts', retryAfterSeconds: retryAfterSeconds(oldestMs, nowMs) };
    }
    if (counted.count >= ACCOUNT_ATTEMPTS) {
      const entry = { actorAccountId: accountId, organizationId: null, target: accountId, origin, atMs: nowMs };
      await recordAudit(manager, [{ action: 'second_factor.attempts_used_up', ...entry }]);
    }
    return { kind: 'counted' };
  });
}

const COUNT = `
INSERT INTO second_factor_attempts AS a (account_id, attempted_at, last_attempt_at) VALUES ($1, ARRAY[$2::timestamptz], $2)
ON CONFLICT (account_id) DO UPDATE SET
  attempted_at = ARRAY(SELECT at FROM unnest(a.attempted_at) AS at WHERE at > $3) || $2::timestamptz,
  last_attempt_at = $2
WHERE (SELECT count(*) FROM unnest(a.attempted_at) AS at WHERE at > $3) < $4
RETURNING cardinality(attempted_at) AS count`;
