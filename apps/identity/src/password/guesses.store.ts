import type { DataSource, EntityManager } from 'typeorm';
import { replaceHash } from '../accounts/accounts.store.js';
import type { EmailAddress } from '../accounts/email.js';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { countOnDevice, forgiveDevice } from '../devices/known-devices.store.js';
import { CLIENT_ALLOWANCES } from '../limits/allowance.js';
import { allowanceUsedUp, giveBackAllowance, takeAllowance } from '../limits/allowances.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { type CountedAttempt, MOST_FAILURES } from '../sign-in/attempts.js';
import { countAttempt, forgiveAttempts, judgeAttempts } from '../sign-in/sign-in-attempts.store.js';
import type { CountedGuess, ProvenPassword } from './prove-password.js';

const CLIENT = CLIENT_ALLOWANCES.wrongPasswords;

/** Whether guesses at an address, or of a client, are refused at this moment. Spends nothing. */
export async function judgeGuess(
  manager: EntityManager,
  { counter, from }: CountedGuess,
  nowMs: number,
): Promise<CountedAttempt | undefined> {
  const refused = await judgeAttempts(manager, counter, nowMs);
  if (refused !== undefined || from.kind === 'device') return refused;
  const retryAfterSeconds = await allowanceUsedUp(manager, CLIENT, from.client, nowMs);
  return retryAfterSeconds === undefined ? undefined : { kind: 'too_many_attempts', retryAfterSeconds };
}

/** Counts one guess for where it comes from and for its address, each by one guarded statement. */
export async function countGuess(
  manager: EntityManager,
  { counter, from }: CountedGuess,
  ...[email, startedAtMs, nowMs]: [EmailAddress, number, number]
): Promise<CountedAttempt> {
  if (from.kind === 'device') {
    const counted = await countAttempt(manager, counter, undefined, startedAtMs, nowMs);
    if (counted.kind !== 'counted' || (await countOnDevice(manager, from.device))) return counted;
    return { kind: 'counted', failures: MOST_FAILURES + 1 };
  }
  const retryAfterSeconds = await takeAllowance(manager, CLIENT, from.client, nowMs);
  if (retryAfterSeconds !== undefined) return { kind: 'too_many_attempts', retryAfterSeconds };
  const counted = await countAttempt(manager, counter, email, startedAtMs, nowMs);
  // It is not compared, so it tells its client nothing.
  if (counted.kind !== 'counted') await giveBackAllowance(manager, CLIENT, from.client);
  return counted;
}

/**
 * The password was right: takes its own guess back, lets later ones start anew, and writes a stronger hash of it. Holds
 * the password for the rest of the transaction, so that nobody enters with one that is being replaced.
 * @returns false where the password was replaced, or closed, since it was compared: then nobody may enter with it.
 */
export async function forgiveGuess(manager: EntityManager, proven: ProvenPassword, nowMs: number): Promise<boolean> {
  const { compared, fresh, from } = proven;
  const { account, stored, setAtMs } = compared;
  await forgiveAttempts(manager, proven.counter, nowMs);
  if (from.kind === 'stranger') await giveBackAllowance(manager, CLIENT, from.client);
  else await forgiveDevice(manager, from.device);
  const standing = await rowsOf(
    manager,
    `UPDATE passwords SET failures = CASE WHEN $3 THEN failures ELSE 0 END
     WHERE account_id = $1 AND set_at = $2 AND ($3 OR disabled_at IS NULL) RETURNING account_id`,
    [account.id, new Date(setAtMs), from.kind === 'device'],
  );
  if (standing.length === 0) return false;
  if (fresh !== undefined) await replaceHash(manager, account.id, stored, fresh);
  return true;
}

/**
 * Closes a password to strangers after too many wrong guesses in a row, and tells its owner, who opens it again with a
 * reset [P-09].
 */
export async function closeGuessedPassword(
  dataSource: DataSource,
  mailing: Mailing,
  accountId: string,
  nowMs: number,
): Promise<void> {
  await inTransaction(dataSource, async (manager) => {
    const [disabled] = await rowsOf<{ email: string }>(
      manager,
      `UPDATE passwords p SET disabled_at = $2 FROM accounts a
       WHERE p.account_id = $1 AND a.id = p.account_id AND p.disabled_at IS NULL AND p.failures >= $3
       RETURNING a.email`,
      [accountId, new Date(nowMs), MOST_FAILURES],
    );
    if (disabled === undefined) return;
    await recordAudit(manager, [
      {
        action: 'password.closed',
        actorAccountId: null,
        organizationId: null,
        target: accountId,
        origin: { address: '', userAgent: '', requestId: '' },
        atMs: nowMs,
      },
    ]);
    await mailing.queue(
      manager,
      { to: disabled.email, accountId, template: 'password-disabled', parameters: {} },
      nowMs,
    );
  });
}
