import type { DataSource, EntityManager } from 'typeorm';
import { type EmailAddress, hashEmail, normaliseEmail } from '../accounts/email.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { mailAllowance } from '../limits/allowance.js';
import { takeAllowance } from '../limits/allowances.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { MOST_FAILURES } from '../sign-in/attempts.js';
import { hashSecretToken, newSecretToken } from '../tokens/secret-token.js';

/** Browsers drop cookies after 400 days at the latest; a device that was not used for half a year is a stranger again. */
export const DEVICE_DAYS = 180;
/** Of one account: the ones that were used longest ago make room. */
const MOST_DEVICES = 50;

/**
 * Whether somebody has signed in to the account with this address on this device before. After as many wrong guesses in a
 * row as a stranger may make, it is a stranger too [P-09].
 */
export async function isKnownDevice(
  manager: EntityManager,
  tokenHash: Buffer,
  email: EmailAddress,
  nowMs: number,
): Promise<boolean> {
  const found = await rowsOf(
    manager,
    `SELECT 1 FROM known_devices d JOIN accounts a ON a.id = d.account_id
     WHERE d.token_hash = $1 AND a.email_lookup = $2 AND d.last_used_at > $3 AND d.failures < $4`,
    [tokenHash, email.lookup, oldest(nowMs), MOST_FAILURES],
  );
  return found.length > 0;
}

/** Counts a guess on a known device before it is compared. @returns whether it may be compared at all */
export async function countOnDevice(manager: EntityManager, tokenHash: Buffer): Promise<boolean> {
  const counted = await rowsOf(
    manager,
    'UPDATE known_devices SET failures = failures + 1 WHERE token_hash = $1 AND failures < $2 RETURNING token_hash',
    [tokenHash, MOST_FAILURES],
  );
  return counted.length > 0;
}

/** The right password came on a known device. */
export async function forgiveDevice(manager: EntityManager, tokenHash: Buffer): Promise<void> {
  await rowsOf(manager, 'UPDATE known_devices SET failures = 0 WHERE token_hash = $1', [tokenHash]);
}

/**
 * Knows the device of a session that stands from now on, and tells the account's owner of one that was not known.
 * @returns the token that the device has to keep; undefined where it is known already.
 */
export function rememberDevice(
  dataSource: DataSource,
  mailing: Mailing,
  ...[sessionToken, deviceToken, nowMs]: [string, string | undefined, number]
): Promise<string | undefined> {
  return inTransaction(dataSource, async (manager) => {
    const now = new Date(nowMs);
    const [session] = await rowsOf<SessionRow>(
      manager,
      `SELECT s.account_id, a.email, s.created_at, s.address, s.user_agent,
              EXISTS (SELECT 1 FROM known_devices d WHERE d.account_id = a.id) AS has_devices
       FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.token_hash = $1 AND s.ended_at IS NULL`,
      [hashSecretToken(sessionToken)],
    );
    if (session === undefined) return undefined;
    const known = await rowsOf(
      manager,
      `UPDATE known_devices SET last_used_at = $3 WHERE token_hash = $1 AND account_id = $2 AND last_used_at > $4
       RETURNING account_id`,
      [hashSecretToken(deviceToken ?? ''), session.account_id, now, oldest(nowMs)],
    );
    if (known.length > 0) return undefined;
    // A token that somebody may have planted in the browser is never taken on: it is always one of ours, and new.
    const { token, hash } = newSecretToken();
    await rowsOf(
      manager,
      `INSERT INTO known_devices (token_hash, account_id, created_at, last_used_at) VALUES ($1, $2, $3, $3)`,
      [hash, session.account_id, now],
    );
    await rowsOf(
      manager,
      `DELETE FROM known_devices WHERE account_id = $1 AND token_hash IN
       (SELECT token_hash FROM known_devices WHERE account_id = $1
        ORDER BY last_used_at DESC, token_hash OFFSET ${MOST_DEVICES})`,
      [session.account_id],
    );
    // The first device of an account is no news to whoever has just opened it.
    if (session.has_devices) await tellOwner(manager, mailing, session, nowMs);
    return token;
  });
}

interface SessionRow {
  account_id: string;
  email: string;
  created_at: Date;
  address: string;
  user_agent: string;
  has_devices: boolean;
}

/** A program that signs in all the time and keeps no cookies does not fill its owner's mailbox. */
async function tellOwner(manager: EntityManager, mailing: Mailing, session: SessionRow, nowMs: number): Promise<void> {
  const subject = hashEmail(normaliseEmail(session.email));
  if ((await takeAllowance(manager, mailAllowance('new-session'), subject, nowMs)) !== undefined) return;
  const { account_id: accountId, email: to, created_at: createdAt, address, user_agent: userAgent } = session;
  const parameters = { when: createdAt.toISOString(), address, userAgent: userAgent || 'an unnamed program' };
  await mailing.queue(manager, { to, accountId, template: 'new-session', parameters }, nowMs);
}

/** Makes every device of an account a stranger, but for one. */
export async function forgetDevices(manager: EntityManager, accountId: string, except?: Buffer): Promise<void> {
  await rowsOf(manager, 'DELETE FROM known_devices WHERE account_id = $1 AND token_hash IS DISTINCT FROM $2', [
    accountId,
    except ?? null,
  ]);
}

function oldest(nowMs: number): Date {
  return new Date(nowMs - DEVICE_DAYS * 86_400_000);
}
