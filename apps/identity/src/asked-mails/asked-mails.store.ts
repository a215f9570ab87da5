import type { DataSource, EntityManager } from 'typeorm';
import { type EmailAddress, normaliseEmail } from '../accounts/email.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import type { Origin } from '../origin.js';
import { sendResetLink } from '../password/reset-link.store.js';
import { sendVerificationAgain } from '../sign-up/verification.store.js';
import type { AskedMail } from './ask-for-mail.js';

/** Of one round; the next one follows soon. */
const MOST_AT_ONCE = 100;

/** Writes down a mail that somebody asks for. One row whoever asks, for whatever address. */
export async function noteAskedMail(
  manager: EntityManager,
  kind: AskedMail,
  email: EmailAddress,
  origin: Origin,
  nowMs: number,
): Promise<void> {
  await rowsOf(
    manager,
    `INSERT INTO asked_mails (kind, email_lookup, address, user_agent, request_id, asked_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [kind, email.lookup, origin.address, origin.userAgent, origin.requestId, new Date(nowMs)],
  );
}

interface AskedRow {
  kind: AskedMail;
  email_lookup: string;
  address: string;
  user_agent: string;
  request_id: string;
}

/** Takes up the mails that were asked for until now. */
export async function takeUpAskedMails(dataSource: DataSource, mailing: Mailing, nowMs: () => number): Promise<void> {
  for (let taken = 0; taken < MOST_AT_ONCE; taken += 1) {
    if (!(await takeUpAskedMail(dataSource, mailing, nowMs()))) return;
  }
}

/**
 * Takes up one mail that was asked for: makes the link and queues the mail where the address is known, in the transaction
 * that forgets the question. Several replicas never take up the same one.
 * @returns false where none waits.
 */
function takeUpAskedMail(dataSource: DataSource, mailing: Mailing, nowMs: number): Promise<boolean> {
  return inTransaction(dataSource, async (manager) => {
    const [asked] = await rowsOf<AskedRow>(
      manager,
      `DELETE FROM asked_mails WHERE id = (SELECT id FROM asked_mails ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING kind, email_lookup, address, user_agent, request_id`,
      [],
    );
    if (asked === undefined) return false;
    const email = normaliseEmail(asked.email_lookup);
    const origin = { address: asked.address, userAgent: asked.user_agent, requestId: asked.request_id };
    if (asked.kind === 'verification') await sendVerificationAgain(manager, mailing, email, nowMs);
    else await sendResetLink(manager, mailing, email, origin, nowMs);
    return true;
  });
}
