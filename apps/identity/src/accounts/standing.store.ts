import type { DataSource, EntityManager } from 'typeorm';
import type { AuditAction } from '../audit/audit.js';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { forgetDevices } from '../devices/known-devices.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { isOperator } from '../organizations/standing.store.js';
import { closePassword } from '../password/passwords.store.js';
import { mailResetLink } from '../password/reset-link.store.js';
import { endAccess } from '../sessions/end-access.store.js';
import { findOwnSession, type Person } from '../sessions/own-session.store.js';

/** What an operator does with the account of somebody else. */
export type AccountChange =
  | { readonly kind: 'reset_password' }
  | { readonly kind: 'disable'; readonly reason: string }
  | { readonly kind: 'enable' };

export type AccountChangeOutcome = 'changed' | 'session_ended' | 'not_permitted' | 'not_found' | 'own_account';

const ACTIONS = {
  reset_password: 'password.reset_by_operator',
  disable: 'account.disabled',
  enable: 'account.enabled',
} as const satisfies Record<AccountChange['kind'], AuditAction>;

/**
 * Does what an operator decides about an account, if it is one at this moment. A reset closes the password, ends every
 * access and mails a link to the owner: the operator neither chooses a password nor sees the link [T24, P-16].
 */
export function changeAccount(
  dataSource: DataSource,
  mailing: Mailing,
  ...[person, accountId, change, nowMs]: [Person, string, AccountChange, number]
): Promise<AccountChangeOutcome> {
  return inTransaction(dataSource, async (manager) => {
    const own = await findOwnSession(manager, person, false, nowMs);
    if (own.kind !== 'standing') return 'session_ended';
    if (!(await isOperator(manager, person.accountId))) return 'not_permitted';
    // Who disables the account that runs the installation can never enable it again.
    if (accountId === person.accountId) return 'own_account';
    if (change.kind === 'reset_password') await closePassword(manager, accountId, nowMs);
    const [account] = await rowsOf<Target>(
      manager,
      'SELECT id, email, disabled_at FROM accounts WHERE id = $1 FOR NO KEY UPDATE',
      [accountId],
    );
    if (account === undefined) return 'not_found';
    if (!(await write(manager, mailing, { person, account, change, nowMs }))) return 'changed';
    const entry = { actorAccountId: person.accountId, target: accountId, origin: person.origin, atMs: nowMs };
    await recordAudit(manager, [{ action: ACTIONS[change.kind], organizationId: null, ...entry }]);
    return 'changed';
  });
}

interface Target {
  readonly id: string;
  readonly email: string;
  readonly disabled_at: Date | null;
}

interface Decided {
  readonly person: Person;
  readonly account: Target;
  readonly change: AccountChange;
  readonly nowMs: number;
}

/** @returns false where the account stands like that already. */
async function write(manager: EntityManager, mailing: Mailing, decided: Decided): Promise<boolean> {
  const { account, change, nowMs } = decided;
  const told = { to: account.email, accountId: account.id, parameters: { when: new Date(nowMs).toISOString() } };
  switch (change.kind) {
    case 'reset_password':
      await endEverything(manager, decided, 'password_reset');
      await mailResetLink(manager, mailing, account, 'password-reset-by-operator', nowMs);
      return true;
    case 'disable':
      if (account.disabled_at !== null) return false;
      await rowsOf(manager, 'UPDATE accounts SET disabled_at = $2, disabled_reason = $3 WHERE id = $1', [
        account.id,
        new Date(nowMs),
        change.reason,
      ]);
      await endEverything(manager, decided, 'account_disabled');
      await mailing.queue(manager, { template: 'account-disabled', ...told }, nowMs);
      return true;
    case 'enable':
      if (account.disabled_at === null) return false;
      await rowsOf(manager, 'UPDATE accounts SET disabled_at = NULL, disabled_reason = NULL WHERE id = $1', [
        account.id,
      ]);
      await mailing.queue(manager, { template: 'account-enabled', ...told }, nowMs);
      return true;
  }
}

async function endEverything(
  manager: EntityManager,
  { person, account, nowMs }: Decided,
  reason: 'password_reset' | 'account_disabled',
): Promise<void> {
  await forgetDevices(manager, account.id);
  const origin = person.origin;
  await endAccess(manager, { accountId: account.id, exceptSessionId: null, reason, origin, nowMs });
}
