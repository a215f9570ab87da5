import type { DataSource, EntityManager } from 'typeorm';
import { normaliseEmail } from '../accounts/email.js';
import { addPerson, lockSignUps } from '../accounts/new-account.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Origin } from '../origin.js';
import type { PasswordOwner } from '../password/context-words.js';
import type { StoredHash } from '../password/stored-hash.js';
import { LINK_SECONDS, PENDING_SECONDS, type PendingSignUp } from './pending-sign-up.js';

/**
 * Writes a sign-up that waits for its link, in the caller's transaction.
 * @param isVoid it never can be verified: the address has an account. It is written all the same, so that it takes the time.
 */
export async function addPendingSignUp(
  manager: EntityManager,
  { email, name, stored }: PendingSignUp,
  tokenHash: Buffer,
  isVoid: boolean,
  nowMs: number,
): Promise<void> {
  await rowsOf(
    manager,
    `INSERT INTO pending_sign_ups (token_hash, email, email_lookup, name, format, hash, created_at, link_expires_at, used_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      tokenHash,
      email.display,
      email.lookup,
      name,
      stored.format,
      stored.hash,
      new Date(nowMs),
      new Date(nowMs + LINK_SECONDS * 1_000),
      isVoid ? new Date(nowMs) : null,
    ],
  );
}

interface PendingRow {
  email: string;
  name: string;
  format: string;
  hash: string;
}

/**
 * Spends the link of a sign-up and creates the account, all or nothing. Of any number at once with one link, and of
 * several sign-ups with one address, one gets the account.
 * @param chosen the password that the link was followed with; undefined: that of the sign-up
 */
export function activateSignUp(
  dataSource: DataSource,
  ...[tokenHash, chosen, origin, nowMs]: [Buffer, StoredHash | undefined, Origin, number]
): Promise<'verified' | 'link_invalid'> {
  return inTransaction(dataSource, async (manager) => {
    const [waiting] = await rowsOf<{ email_lookup: string }>(
      manager,
      'SELECT email_lookup FROM pending_sign_ups WHERE token_hash = $1',
      [tokenHash],
    );
    if (waiting === undefined) return 'link_invalid';
    await lockSignUps(manager, waiting.email_lookup);
    const [spent] = await rowsOf<PendingRow>(
      manager,
      `UPDATE pending_sign_ups SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND link_expires_at > $2
       RETURNING email, name, format, hash`,
      [tokenHash, new Date(nowMs)],
    );
    if (spent === undefined) return 'link_invalid';
    const stored = chosen ?? { format: spent.format, hash: spent.hash };
    const person = { email: normaliseEmail(spent.email), name: spent.name, stored, origin };
    return (await addPerson(manager, person, nowMs)) === undefined ? 'link_invalid' : 'verified';
  });
}

/** Whose sign-up a link would verify now. Spends nothing. */
export async function findPendingSignUp(
  manager: EntityManager,
  tokenHash: Buffer,
  nowMs: number,
): Promise<PasswordOwner | undefined> {
  const [open] = await rowsOf<{ email: string; name: string }>(
    manager,
    'SELECT email, name FROM pending_sign_ups WHERE token_hash = $1 AND used_at IS NULL AND link_expires_at > $2',
    [tokenHash, new Date(nowMs)],
  );
  return open === undefined ? undefined : { ...open, organizationNames: [] };
}

/** Whether exactly one sign-up waits under an address. */
export async function isOneWaiting(manager: EntityManager, emailLookup: string, nowMs: number): Promise<boolean> {
  const waiting = await rowsOf(
    manager,
    'SELECT 1 FROM pending_sign_ups WHERE email_lookup = $1 AND used_at IS NULL AND created_at > $2 LIMIT 2',
    [emailLookup, new Date(nowMs - PENDING_SECONDS * 1_000)],
  );
  return waiting.length === 1;
}

/**
 * Gives the one sign-up that waits under an address a new link; the old one is void. Where several wait, it cannot be
 * told whose link is asked for, and the wrong one would open the account to somebody else's password [H-038].
 * @returns the address as it was typed; undefined where none or several wait.
 */
export async function renewSignUpLink(
  manager: EntityManager,
  emailLookup: string,
  tokenHash: Buffer,
  nowMs: number,
): Promise<string | undefined> {
  const renewed = await rowsOf<{ email: string }>(
    manager,
    `UPDATE pending_sign_ups SET token_hash = $2, link_expires_at = $3
     WHERE email_lookup = $1 AND used_at IS NULL AND created_at > $4
       AND 1 = (SELECT count(*) FROM pending_sign_ups
                WHERE email_lookup = $1 AND used_at IS NULL AND created_at > $4)
     RETURNING email`,
    [emailLookup, tokenHash, new Date(nowMs + LINK_SECONDS * 1_000), new Date(nowMs - PENDING_SECONDS * 1_000)],
  );
  return renewed[0]?.email;
}
