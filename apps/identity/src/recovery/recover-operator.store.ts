import type { DataSource } from 'typeorm';
import type { EmailAddress } from '../accounts/email.js';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { queueMail } from '../mail/mails.store.js';
import { isOperator } from '../organizations/standing.store.js';
import { lockFactors } from '../second-factor/account-lock.store.js';
import { hasSecondFactors } from '../second-factor/factors.store.js';
import { removeTotp } from '../second-factor/totp-secrets.store.js';
import { endAccess } from '../sessions/end-access.store.js';

export type RecoveredOperator =
  | { readonly kind: 'recovered'; readonly accountId: string }
  | { readonly kind: 'not_operator' | 'no_second_factor' };

/** What the log says in place of a client. */
const ORIGIN = { address: 'server', userAgent: 'recover-operator', requestId: 'recover-operator' };

/**
 * The way back for the operator, whose recovery nobody could review: removes every second factor, ends all that is open and
 * tells the owner. For whoever holds the server, and for that one account. Done once, there is nothing left to remove.
 * @param mailKey encrypts what is to be mailed
 */
export function recoverOperator(
  dataSource: DataSource,
  ...[email, mailKey, nowMs]: [EmailAddress, Buffer, number]
): Promise<RecoveredOperator> {
  return inTransaction(dataSource, async (manager) => {
    const [found] = await rowsOf<{ id: string }>(manager, 'SELECT id FROM accounts WHERE email_lookup = $1', [
      email.lookup,
    ]);
    if (found === undefined || !(await isOperator(manager, found.id))) return { kind: 'not_operator' };
    const accountId = found.id;
    const to = await lockFactors(manager, accountId, 'change');
    if (to === undefined) return { kind: 'not_operator' };
    if (!(await hasSecondFactors(manager, accountId))) return { kind: 'no_second_factor' };
    await removeTotp(manager, accountId);
    await rowsOf(manager, 'DELETE FROM passkeys WHERE account_id = $1', [accountId]);
    await endAccess(manager, { accountId, exceptSessionId: null, reason: 'recovery', origin: ORIGIN, nowMs });
    const entry = { actorAccountId: null, organizationId: null, target: accountId, origin: ORIGIN, atMs: nowMs };
    await recordAudit(manager, [{ action: 'recovery.on_server', ...entry }]);
    const parameters = { when: new Date(nowMs).toUTCString() };
    await queueMail(manager, { to, accountId, template: 'recovery-on-server', parameters }, mailKey, nowMs);
    return { kind: 'recovered', accountId };
  });
}
