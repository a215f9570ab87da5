import type { EntityManager } from 'typeorm';
import type { EmailAddress } from '../accounts/email.js';
import { rowsOf } from '../database/rows.store.js';
import { newId } from '../new-id.js';
import type { AccountByEmail } from './link-account.js';
import type { ProviderName, Vouched } from './provider.js';

/** One way into an account, as its owner sees it. */
export interface FederatedIdentity {
  readonly id: string;
  readonly provider: ProviderName;
  readonly issuer: string;
  readonly email: string | null;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number;
}

/** Whose account an identity opens. Compared as it is: two that differ in anything are two people [H-067]. */
export async function ownerOf(manager: EntityManager, vouched: Vouched): Promise<string | undefined> {
  const [row] = await rowsOf<{ account_id: string }>(
    manager,
    'SELECT account_id FROM federated_identities WHERE provider = $1 AND issuer = $2 AND subject = $3',
    [vouched.provider, vouched.issuer, vouched.subject],
  );
  return row?.account_id;
}

/** The account with an address; its row is locked, so that neither the address nor its identities change meanwhile. */
export async function accountWithEmail(
  manager: EntityManager,
  email: EmailAddress,
  { provider, issuer, subject }: Vouched,
): Promise<AccountByEmail | undefined> {
  const [row] = await rowsOf<{ id: string; is_verified: boolean }>(
    manager,
    'SELECT id, email_verified_at IS NOT NULL AS is_verified FROM accounts WHERE email_lookup = $1 FOR UPDATE',
    [email.lookup],
  );
  if (row === undefined) return undefined;
  // In a statement of its own: one that waited for the lock still sees what was there before.
  const [history] = await rowsOf<{ has_other: boolean; was_unlinked: boolean }>(
    manager,
    `SELECT
       EXISTS (SELECT 1 FROM federated_identities
               WHERE account_id = $1 AND provider = $2 AND issuer = $3) AS has_other,
       EXISTS (SELECT 1 FROM unlinked_identities
               WHERE account_id = $1 AND provider = $2 AND issuer = $3 AND subject = $4) AS was_unlinked`,
    [row.id, provider, issuer, subject],
  );
  return {
    accountId: row.id,
    isVerified: row.is_verified,
    hasOtherIdentity: history?.has_other ?? true,
    wasUnlinked: history?.was_unlinked ?? true,
  };
}

/** @returns the id of the new identity; undefined where somebody has it. */
export async function addIdentity(
  manager: EntityManager,
  accountId: string,
  vouched: Vouched,
  nowMs: number,
): Promise<string | undefined> {
  const [row] = await rowsOf<{ id: string }>(
    manager,
    `INSERT INTO federated_identities (id, account_id, provider, issuer, subject, email, created_at, last_used_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING RETURNING id`,
    [
      newId('idn'),
      accountId,
      vouched.provider,
      vouched.issuer,
      vouched.subject,
      vouched.email?.display ?? null,
      new Date(nowMs),
    ],
  );
  return row?.id;
}

/**
 * Takes an identity from its account, and remembers that its owner did so.
 * @returns undefined where the account does not have it.
 */
export async function removeIdentity(
  manager: EntityManager,
  accountId: string,
  identityId: string,
  nowMs: number,
): Promise<ProviderName | undefined> {
  const [removed] = await rowsOf<{ provider: ProviderName; issuer: string; subject: string }>(
    manager,
    'DELETE FROM federated_identities WHERE id = $1 AND account_id = $2 RETURNING provider, issuer, subject',
    [identityId, accountId],
  );
  if (removed === undefined) return undefined;
  await rowsOf(
    manager,
    `INSERT INTO unlinked_identities (account_id, provider, issuer, subject, unlinked_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (account_id, provider, issuer, subject) DO UPDATE SET unlinked_at = $5`,
    [accountId, removed.provider, removed.issuer, removed.subject, new Date(nowMs)],
  );
  return removed.provider;
}

/**
 * Takes every identity from an account that somebody else had got hold of: one may be that person's. The owner's own are
 * linked again by the address, so nothing is remembered of them.
 */
export async function removeIdentities(manager: EntityManager, accountId: string): Promise<void> {
  await rowsOf(manager, 'DELETE FROM federated_identities WHERE account_id = $1', [accountId]);
}

/** Forgets that an identity was taken away: its owner has brought it back. */
export async function forgetUnlinked(manager: EntityManager, accountId: string, vouched: Vouched): Promise<void> {
  await rowsOf(
    manager,
    'DELETE FROM unlinked_identities WHERE account_id = $1 AND provider = $2 AND issuer = $3 AND subject = $4',
    [accountId, vouched.provider, vouched.issuer, vouched.subject],
  );
}

/** Writes down that an identity was used now. @returns false where it does not open that account any more. */
export async function touchIdentity(
  manager: EntityManager,
  accountId: string,
  vouched: Vouched,
  nowMs: number,
): Promise<boolean> {
  const touched = await rowsOf(
    manager,
    `UPDATE federated_identities SET last_used_at = $5, email = $6
     WHERE account_id = $1 AND provider = $2 AND issuer = $3 AND subject = $4 RETURNING id`,
    [accountId, vouched.provider, vouched.issuer, vouched.subject, new Date(nowMs), vouched.email?.display ?? null],
  );
  return touched.length > 0;
}

interface IdentityRow {
  id: string;
  provider: ProviderName;
  issuer: string;
  email: string | null;
  created_at: Date;
  last_used_at: Date;
}

export async function identitiesOf(manager: EntityManager, accountId: string): Promise<FederatedIdentity[]> {
  const rows = await rowsOf<IdentityRow>(
    manager,
    `SELECT id, provider, issuer, email, created_at, last_used_at FROM federated_identities
     WHERE account_id = $1 ORDER BY created_at, id`,
    [accountId],
  );
  return rows.map(({ created_at: createdAt, last_used_at: lastUsedAt, ...row }) => ({
    ...row,
    createdAtMs: createdAt.getTime(),
    lastUsedAtMs: lastUsedAt.getTime(),
  }));
}
