import type { EntityManager } from 'typeorm';
import type { EmailAddress } from '../accounts/email.js';
import type { AuditAction } from '../audit/audit.js';
import { recordAudit } from '../audit/audit.store.js';
import { rowsOf, StorageFault } from '../database/rows.store.js';
import type { Origin } from '../origin.js';

const UNIQUE_VIOLATION = '23505';

/**
 * Writes the address that a spent link is about.
 * @returns the address before. @throws StorageFault where another account has it
 */
export async function replaceEmail(
  manager: EntityManager,
  accountId: string,
  email: EmailAddress,
  nowMs: number,
): Promise<string> {
  const [account] = await rowsOf<{ email: string }>(
    manager,
    'SELECT email FROM accounts WHERE id = $1 FOR NO KEY UPDATE',
    [accountId],
  );
  if (account === undefined) throw new Error('a link of an account that is not there');
  await rowsOf(manager, 'UPDATE accounts SET email = $2, email_lookup = $3, email_verified_at = $4 WHERE id = $1', [
    accountId,
    email.display,
    email.lookup,
    new Date(nowMs),
  ]);
  return account.email;
}

/** An address that has another account by now is no reason to say so: the link does not work. */
export async function unlessTaken<Outcome extends string>(
  change: () => Promise<Outcome | 'link_invalid'>,
): Promise<Outcome | 'link_invalid'> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof StorageFault && 'code' in error && error.code === UNIQUE_VIOLATION) return 'link_invalid';
    throw error;
  }
}

/** Writes what became of an account's address into the log. */
export function auditEmail(
  manager: EntityManager,
  action: AuditAction,
  accountId: string,
  origin: Origin,
  atMs: number,
) {
  const target = accountId;
  return recordAudit(manager, [{ action, actorAccountId: accountId, organizationId: null, target, origin, atMs }]);
}
