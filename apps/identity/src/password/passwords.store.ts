import type { DataSource, EntityManager } from 'typeorm';
import { hashEmail, normaliseEmail } from '../accounts/email.js';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { forgetDevices } from '../devices/known-devices.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import type { Origin } from '../origin.js';
import { endAccess } from '../sessions/end-access.store.js';
import { forgiveAttempts } from '../sign-in/sign-in-attempts.store.js';
import { spendOneTimeToken, voidOneTimeTokens } from '../tokens/one-time-tokens.store.js';
import { hashSecretToken } from '../tokens/secret-token.js';
import type { PasswordOwner } from './context-words.js';
import type { StoredHash } from './stored-hash.js';

interface OwnerRow {
  id: string;
  email: string;
  name: string;
  organizations: string[];
}

/** Whose password is being set, with the names that it must not be made of. Undefined: a disabled account, or none. */
export async function findPasswordOwner(
  manager: EntityManager,
  accountId: string,
): Promise<(PasswordOwner & { readonly account: { id: string; email: string; name: string } }) | undefined> {
  const [row] = await rowsOf<OwnerRow>(
    manager,
    `SELECT a.id, a.email, a.name,
            ARRAY(SELECT o.name FROM memberships m JOIN organizations o ON o.id = m.organization_id
                  WHERE m.account_id = a.id) AS organizations
     FROM accounts a WHERE a.id = $1 AND a.disabled_at IS NULL`,
    [accountId],
  );
  if (row === undefined) return undefined;
  const { id, email, name, organizations } = row;
  return { email, name, organizationNames: organizations, account: { id, email, name } };
}

/** Whose password a reset link would set now. Spends nothing. */
export async function findReset(
  manager: EntityManager,
  token: string,
  nowMs: number,
): Promise<PasswordOwner | undefined> {
  const [open] = await rowsOf<{ account_id: string }>(
    manager,
    `SELECT account_id FROM one_time_tokens
     WHERE token_hash = $1 AND purpose = 'password_reset' AND used_at IS NULL AND expires_at > $2`,
    [hashSecretToken(token), new Date(nowMs)],
  );
  return open === undefined ? undefined : findPasswordOwner(manager, open.account_id);
}

/**
 * Spends a reset link and sets the password: every access of the account ends, every other link is void, every device is
 * a stranger, and guesses start anew. A second factor stays [P-12, H-046].
 */
export function resetPassword(
  dataSource: DataSource,
  mailing: Mailing,
  ...[token, stored, origin, nowMs]: [string, StoredHash, Origin, number]
): Promise<'password_reset' | 'link_invalid'> {
  return inTransaction(dataSource, async (manager) => {
    const spent = await spendOneTimeToken(manager, 'password_reset', token, mailing.tokenKey, nowMs);
    const accountId = spent?.accountId ?? null;
    if (accountId === null) return 'link_invalid';
    const [account] = await rowsOf<{ email: string }>(
      manager,
      'SELECT email FROM accounts WHERE id = $1 AND disabled_at IS NULL',
      [accountId],
    );
    if (account === undefined) return 'link_invalid';
    await forgiveAttempts(manager, hashEmail(normaliseEmail(account.email)), nowMs);
    await setPassword(manager, accountId, stored, nowMs);
    await forgetDevices(manager, accountId);
    await endAccess(manager, { accountId, exceptSessionId: null, reason: 'password_reset', origin, nowMs });
    await recordAudit(manager, [
      {
        action: 'password.reset',
        actorAccountId: accountId,
        organizationId: null,
        target: accountId,
        origin,
        atMs: nowMs,
      },
    ]);
    await mailPasswordChanged(manager, mailing, { id: accountId, email: account.email }, origin, nowMs);
    return 'password_reset';
  });
}

/** Tells the owner of an account that its password is another one (ASVS 6.3.7). */
export function mailPasswordChanged(
  manager: EntityManager,
  mailing: Mailing,
  account: { readonly id: string; readonly email: string },
  origin: Origin,
  nowMs: number,
): Promise<void> {
  const parameters = { when: new Date(nowMs).toISOString(), address: origin.address };
  const mail = { to: account.email, accountId: account.id, template: 'password-changed', parameters } as const;
  return mailing.queue(manager, mail, nowMs);
}

/** Writes a new password that is open to everybody who knows it, and voids the links that were sent before. */
export async function setPassword(
  manager: EntityManager,
  accountId: string,
  { format, hash }: StoredHash,
  nowMs: number,
): Promise<void> {
  await rowsOf(
    manager,
    `INSERT INTO passwords (account_id, format, hash, set_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (account_id) DO UPDATE SET format = $2, hash = $3, failures = 0, disabled_at = NULL,
       set_at = greatest($4, passwords.set_at + interval '1 millisecond')`,
    [accountId, format, hash, new Date(nowMs)],
  );
  await voidOneTimeTokens(manager, ['password_reset', 'email_change'], accountId, nowMs);
}

/** Closes a password to everybody until it is set anew; devices that were known are to be forgotten with it. */
export async function closePassword(manager: EntityManager, accountId: string, nowMs: number): Promise<void> {
  await rowsOf(manager, 'UPDATE passwords SET disabled_at = coalesce(disabled_at, $2) WHERE account_id = $1', [
    accountId,
    new Date(nowMs),
  ]);
}
