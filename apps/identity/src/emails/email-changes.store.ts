import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { type EmailAddress, hashEmail, normaliseEmail } from '../accounts/email.js';
import { inTransaction } from '../database/rows.store.js';
import { mailAllowance } from '../limits/allowance.js';
import { takeAllowance } from '../limits/allowances.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import type { Origin } from '../origin.js';
import { findPasswordOwner } from '../password/passwords.store.js';
import { findOwnSession, type Person } from '../sessions/own-session.store.js';
import { LINK_SECONDS } from '../sign-up/pending-sign-up.js';
import { addOneTimeToken, spendOneTimeToken, voidOneTimeTokens } from '../tokens/one-time-tokens.store.js';
import { auditEmail, replaceEmail, unlessTaken } from './replace-email.store.js';

/** For how long the owner of the address before can take a change back [H-060]. */
const UNDO_SECONDS = 7 * 24 * 60 * 60;

/** What a link about an address knows: the one that its reader gets. */
const payloadSchema = z.strictObject({ email: z.string() });

/**
 * Mails a link to a new address; nothing changes before it is followed [H-060]. Whether the address has an account shows
 * only then.
 */
export function askEmailChange(
  dataSource: DataSource,
  mailing: Mailing,
  ...[person, email, nowMs]: [Person, EmailAddress, number]
): Promise<'verification_sent' | 'session_ended' | 'reauth_required'> {
  return inTransaction(dataSource, async (manager) => {
    const own = await findOwnSession(manager, person, true, nowMs);
    if (own.kind !== 'standing') return own.kind;
    if ((await takeAllowance(manager, mailAllowance('email-change'), hashEmail(email), nowMs)) !== undefined) {
      return 'verification_sent';
    }
    const { accountId, origin } = person;
    await voidOneTimeTokens(manager, ['email_change'], accountId, nowMs);
    const about = { accountId, subject: accountId, payload: { email: email.display }, lifeSeconds: LINK_SECONDS };
    const token = await addOneTimeToken(manager, { purpose: 'email_change', ...about }, mailing.tokenKey, nowMs);
    const parameters = { link: mailing.link('confirm-email', token) };
    await mailing.queue(manager, { to: email.display, accountId, template: 'email-change', parameters }, nowMs);
    await auditEmail(manager, 'email.change_asked', accountId, origin, nowMs);
    return 'verification_sent';
  });
}

/**
 * Spends the link that was sent to a new address: it is the account's from now on. The address before gets a link that
 * takes it back; links that were sent there are void.
 */
export function confirmEmailChange(
  dataSource: DataSource,
  mailing: Mailing,
  ...[token, origin, nowMs]: [string, Origin, number]
): Promise<'email_changed' | 'link_invalid'> {
  return unlessTaken(() =>
    inTransaction(dataSource, async (manager) => {
      const spent = await spendOneTimeToken(manager, 'email_change', token, mailing.tokenKey, nowMs);
      const owner = await findPasswordOwner(manager, spent?.accountId ?? '');
      if (spent === undefined || owner === undefined) return 'link_invalid';
      const { id: accountId } = owner.account;
      const email = emailOf(spent.payload);
      const before = await replaceEmail(manager, accountId, email, nowMs);
      await voidOneTimeTokens(manager, ['password_reset', 'email_change'], accountId, nowMs);
      const about = { accountId, subject: accountId, payload: { email: before }, lifeSeconds: UNDO_SECONDS };
      const undo = await addOneTimeToken(manager, { purpose: 'email_change_undo', ...about }, mailing.tokenKey, nowMs);
      const when = new Date(nowMs).toISOString();
      const parameters = { when, link: mailing.link('undo-email', undo) };
      await mailing.queue(manager, { to: before, accountId, template: 'email-changed-before', parameters }, nowMs);
      const told = { to: email.display, accountId, template: 'email-changed-after', parameters: { when } } as const;
      await mailing.queue(manager, told, nowMs);
      await auditEmail(manager, 'email.changed', accountId, origin, nowMs);
      return 'email_changed';
    }),
  );
}

/** The address that a link is about. @throws Error where a payload is none of ours */
export function emailOf(payload: unknown): EmailAddress {
  return normaliseEmail(payloadSchema.parse(payload).email);
}
