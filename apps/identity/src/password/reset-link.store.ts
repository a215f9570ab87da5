import type { EntityManager } from 'typeorm';
import { type EmailAddress, hashEmail } from '../accounts/email.js';
import { recordAudit } from '../audit/audit.store.js';
import { rowsOf } from '../database/rows.store.js';
import { mailAllowance } from '../limits/allowance.js';
import { takeAllowance } from '../limits/allowances.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import type { Origin } from '../origin.js';
import { LINK_SECONDS } from '../sign-up/pending-sign-up.js';
import { addOneTimeToken, voidOneTimeTokens } from '../tokens/one-time-tokens.store.js';

const ALLOWANCE = mailAllowance('password_reset');

/** Mails a reset link to the owner of an address, unless the address is unknown, disabled, or was sent enough already. */
export async function sendResetLink(
  manager: EntityManager,
  mailing: Mailing,
  email: EmailAddress,
  origin: Origin,
  nowMs: number,
): Promise<void> {
  const [account] = await rowsOf<{ id: string; email: string }>(
    manager,
    'SELECT id, email FROM accounts WHERE email_lookup = $1 AND disabled_at IS NULL',
    [email.lookup],
  );
  if (account === undefined) return;
  if ((await takeAllowance(manager, ALLOWANCE, hashEmail(email), nowMs)) !== undefined) return;
  await mailResetLink(manager, mailing, account, 'password-reset', nowMs);
  await recordAudit(manager, [
    {
      action: 'password.reset_asked',
      actorAccountId: null,
      organizationId: null,
      target: account.id,
      origin,
      atMs: nowMs,
    },
  ]);
}

/** Makes a new link and queues the mail that has it. Links from before are void [H-046]. */
export async function mailResetLink(
  manager: EntityManager,
  mailing: Mailing,
  account: { readonly id: string; readonly email: string },
  template: 'password-reset' | 'password-reset-by-operator' | 'email-restored',
  nowMs: number,
): Promise<void> {
  const { id: accountId, email: to } = account;
  await voidOneTimeTokens(manager, ['password_reset'], accountId, nowMs);
  const reset = { purpose: 'password_reset', accountId, subject: accountId, payload: {} } as const;
  const token = await addOneTimeToken(manager, { ...reset, lifeSeconds: LINK_SECONDS }, mailing.tokenKey, nowMs);
  const parameters = { link: mailing.link('reset-password', token) };
  await mailing.queue(manager, { to, accountId, template, parameters }, nowMs);
}
