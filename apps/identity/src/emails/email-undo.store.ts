import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { forgetDevices } from '../devices/known-devices.store.js';
import { removeIdentities } from '../federation/identities.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import type { Origin } from '../origin.js';
import { closePassword } from '../password/passwords.store.js';
import { mailResetLink } from '../password/reset-link.store.js';
import { endAccess } from '../sessions/end-access.store.js';
import { spendOneTimeToken, voidOneTimeTokens } from '../tokens/one-time-tokens.store.js';
import { hashSecretToken } from '../tokens/secret-token.js';
import { emailOf } from './email-changes.store.js';
import { auditEmail, replaceEmail, unlessTaken } from './replace-email.store.js';

/**
 * Takes a change of address back. Whoever made it may know the password and hold sessions: all access ends, every device
 * is a stranger, no password and no identity at a provider opens it any more, and the restored address gets a link to set another one.
 */
export function undoEmailChange(
  dataSource: DataSource,
  mailing: Mailing,
  ...[token, origin, nowMs]: [string, Origin, number]
): Promise<'email_restored' | 'link_invalid'> {
  return unlessTaken(() =>
    inTransaction(dataSource, async (manager) => {
      const spent = await spendOneTimeToken(manager, 'email_change_undo', token, mailing.tokenKey, nowMs);
      const accountId = spent?.accountId ?? null;
      if (spent === undefined || accountId === null) return 'link_invalid';
      const email = emailOf(spent.payload);
      // Before the account, as at a sign-in: so no two transactions wait for each other in a circle.
      await closePassword(manager, accountId, nowMs);
      const before = await replaceEmail(manager, accountId, email, nowMs);
      await voidOneTimeTokens(manager, ['password_reset', 'email_change'], accountId, nowMs);
      await voidLaterUndos(manager, token, accountId, nowMs);
      await forgetDevices(manager, accountId);
      await removeIdentities(manager, accountId);
      await endAccess(manager, { accountId, exceptSessionId: null, reason: 'email_restored', origin, nowMs });
      const parameters = { when: new Date(nowMs).toISOString() };
      await mailing.queue(manager, { to: before, accountId, template: 'email-taken-back', parameters }, nowMs);
      await mailResetLink(manager, mailing, { id: accountId, email: email.display }, 'email-restored', nowMs);
      await auditEmail(manager, 'email.restored', accountId, origin, nowMs);
      return 'email_restored';
    }),
  );
}

/**
 * Links of later changes would bring back what was just taken back. Those of earlier ones stay: whoever changed the address
 * twice must not be able to void the first owner's link with the second one.
 */
async function voidLaterUndos(manager: EntityManager, token: string, accountId: string, nowMs: number): Promise<void> {
  await rowsOf(
    manager,
    `UPDATE one_time_tokens SET used_at = $3
     WHERE purpose = 'email_change_undo' AND subject = $2 AND used_at IS NULL
       AND created_at >= (SELECT created_at FROM one_time_tokens WHERE token_hash = $1)`,
    [hashSecretToken(token), accountId, new Date(nowMs)],
  );
}
