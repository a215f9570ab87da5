import type { DataSource, EntityManager } from 'typeorm';
import { type EmailAddress, hashEmail } from '../accounts/email.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { mailAllowance } from '../limits/allowance.js';
import { takeAllowance } from '../limits/allowances.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { newSecretToken, type SecretToken } from '../tokens/secret-token.js';
import type { PendingSignUp } from './pending-sign-up.js';
import { addPendingSignUp, isOneWaiting, renewSignUpLink } from './pending-sign-ups.store.js';

/**
 * Keeps a sign-up until its link is followed, and mails the link; where the address has an account, its owner is told so
 * instead. Beyond a few mails an hour the address is left in peace, and nobody is told.
 */
export function recordSignUp(
  dataSource: DataSource,
  mailing: Mailing,
  ...[pending, link, nowMs]: [PendingSignUp, SecretToken, number]
): Promise<void> {
  return inTransaction(dataSource, async (manager) => {
    const { email } = pending;
    const account = await findAccountOf(manager, email);
    const template = account === undefined ? 'verification' : 'sign-up-known';
    if ((await takeAllowance(manager, mailAllowance(template), hashEmail(email), nowMs)) !== undefined) return;
    const parameters = account === undefined ? { link: mailing.link('verify-email', link.token) } : {};
    const to = account?.email ?? email.display;
    await mailing.queue(manager, { to, accountId: account?.id ?? null, template, parameters }, nowMs);
    await addPendingSignUp(manager, pending, link.hash, account !== undefined, nowMs);
  });
}

/** Mails a new link for the one sign-up that waits under an address; for several, that one has to sign up again. */
export async function sendVerificationAgain(
  manager: EntityManager,
  mailing: Mailing,
  email: EmailAddress,
  nowMs: number,
): Promise<void> {
  if (!(await isOneWaiting(manager, email.lookup, nowMs))) return;
  if ((await takeAllowance(manager, mailAllowance('verification'), hashEmail(email), nowMs)) !== undefined) return;
  const { token, hash } = newSecretToken();
  const to = await renewSignUpLink(manager, email.lookup, hash, nowMs);
  if (to === undefined) return;
  const parameters = { link: mailing.link('verify-email', token) };
  await mailing.queue(manager, { to, accountId: null, template: 'verification', parameters }, nowMs);
}

async function findAccountOf(manager: EntityManager, email: EmailAddress) {
  const [account] = await rowsOf<{ id: string; email: string }>(
    manager,
    'SELECT id, email FROM accounts WHERE email_lookup = $1',
    [email.lookup],
  );
  return account;
}
