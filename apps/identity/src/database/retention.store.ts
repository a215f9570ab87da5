import type { EntityManager } from 'typeorm';
import { DEVICE_DAYS } from '../devices/known-devices.store.js';
import { rowsOf } from './rows.store.js';

export const FORGET_EVERY_SECONDS = 600;
const DAY_MS = 86_400_000;
/** Long after the longest delay, so that waiting for it gives fewer guesses than the delays do. */
const ATTEMPTS_KEPT_DAYS = 1;
const SESSIONS_KEPT_DAYS = 30;
/** One-time things that are over are of no use; a day lets their misuse still be looked into. */
const ONE_TIME_KEPT_DAYS = 1;
const MAILS_KEPT_DAYS = 30;
/** A sign-up can be verified for a day. */
const PENDING_KEPT_DAYS = 2;
/** Their windows are hours. */
const ALLOWANCES_KEPT_DAYS = 1;
const RECOVERIES_KEPT_DAYS = 365;
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
  for (const [table, column, keptDays] of BY_AGE) {
    await rowsOf(
      manager,
      `DELETE FROM ${table} WHERE ctid IN (SELECT ctid FROM ${table} WHERE ${column} < $1 LIMIT ${MOST_ROWS})`,
      [new Date(nowMs - keptDays * DAY_MS)],
    );
  }
}

/** Tables whose rows go by age alone: the column that says it, and how long they stay. */
const BY_AGE: readonly (readonly [table: string, column: string, keptDays: number])[] = [
  ['sign_in_challenges', 'expires_at', ONE_TIME_KEPT_DAYS],
  ['one_time_tokens', 'expires_at', ONE_TIME_KEPT_DAYS],
  ['federation_round_trips', 'expires_at', ONE_TIME_KEPT_DAYS],
  ['mails', 'created_at', MAILS_KEPT_DAYS],
  ['pending_sign_ups', 'created_at', PENDING_KEPT_DAYS],
  ['allowances', 'window_started_at', ALLOWANCES_KEPT_DAYS],
  ['asked_mails', 'asked_at', ALLOWANCES_KEPT_DAYS],
  ['known_devices', 'last_used_at', DEVICE_DAYS],
  ['totp_enrolments', 'created_at', ONE_TIME_KEPT_DAYS],
  ['second_factor_attempts', 'last_attempt_at', ATTEMPTS_KEPT_DAYS],
  ['recoveries', 'requested_at', RECOVERIES_KEPT_DAYS],
];
