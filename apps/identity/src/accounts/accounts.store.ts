import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import { PasswordEntity } from '../password/password.entity.js';
import type { StoredHash } from '../password/stored-hash.js';
import { AccountEntity } from './account.entity.js';
import type { Account, PasswordAccount } from './account.js';
import type { EmailAddress } from './email.js';

interface PasswordAccountRow {
  id: string;
  email: string;
  name: string;
  format: string;
  hash: string;
  set_at: Date;
  is_closed: boolean;
}

/** The account that signs in with this address and a password. */
export async function findPasswordAccount(
  manager: EntityManager,
  email: EmailAddress,
): Promise<PasswordAccount | undefined> {
  const [row] = await rowsOf<PasswordAccountRow>(
    manager,
    `SELECT a.id, a.email, a.name, p.format, p.hash, p.set_at,
            p.disabled_at IS NOT NULL AS is_closed
     FROM accounts a JOIN passwords p ON p.account_id = a.id WHERE a.email_lookup = $1`,
    [email.lookup],
  );
  if (row === undefined) return undefined;
  return {
    account: { id: row.id, email: row.email, name: row.name },
    stored: { format: row.format, hash: row.hash },
    setAtMs: row.set_at.getTime(),
    isClosed: row.is_closed,
  };
}

/** Whether there is anybody who could sign in. */
export function hasAccount(manager: EntityManager): Promise<boolean> {
  return manager.exists(AccountEntity);
}

/** Writes a new account whose address is known to be its owner's. */
export async function addVerifiedAccount(
  manager: EntityManager,
  account: Account,
  email: EmailAddress,
  stored: StoredHash,
  nowMs: number,
): Promise<void> {
  const now = new Date(nowMs);
  await manager.insert(AccountEntity, {
    id: account.id,
    email: account.email,
    emailLookup: email.lookup,
    name: account.name,
    emailVerifiedAt: now,
    createdAt: now,
  });
  await manager.insert(PasswordEntity, { accountId: account.id, ...stored, setAt: now });
}

/** Replaces a hash by a stronger one of the same password; a password that was changed meanwhile stays. */
export async function replaceHash(
  manager: EntityManager,
  accountId: string,
  old: StoredHash,
  fresh: StoredHash,
): Promise<void> {
  await rowsOf(manager, 'UPDATE passwords SET format = $3, hash = $4 WHERE account_id = $1 AND hash = $2', [
    accountId,
    old.hash,
    fresh.format,
    fresh.hash,
  ]);
}
