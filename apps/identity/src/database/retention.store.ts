import type { EntityManager } from 'typeorm';
import { rowsOf } from './rows.store.js';

export const FORGET_EVERY_SECONDS = 600;
const DAY_MS = 86_400_000;
/** Long after the longest delay, so that waiting for it gives fewer guesses than the delays do. */
const ATTEMPTS_KEPT_DAYS = 1;
const SESSIONS_KEPT_DAYS = 30;
/** Per table and round: a statement must stay short. */
const MOST_ROWS = 10_000;

/** Deletes what is of no use any more: attempts at addresses that nobody tries, sessions that are long over. */
export async function forgetOld(manager: EntityManager, nowMs: number): Promise<void> {
  await rowsOf(
    manager,
    `DELETE FROM sign_in_attempts WHERE address_hash IN
     (SELECT address_hash FROM sign_in_attempts WHERE last_attempt_at < $1 LIMIT ${MOST_ROWS})
     AND last_attempt_at < $1`,
    [new Date(nowMs - ATTEMPTS_KEPT_DAYS * DAY_MS)],
  );
  await rowsOf(
    manager,
    `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE absolute_expires_at < $1 LIMIT ${MOST_ROWS})`,
    [new Date(nowMs - SESSIONS_KEPT_DAYS * DAY_MS)],
  );
}
