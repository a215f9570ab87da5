import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import { openSealed, seal } from './seal.js';
import { hashSecretToken, newSecretToken } from './secret-token.js';

/** What a one-time token is for. A token of one purpose is none for another. */
export type OneTimePurpose =
  | 'password_reset'
  | 'email_change'
  | 'email_change_undo'
  | 'recovery_confirm'
  | 'recovery_cancel'
  | 'recovery_complete'
  | 'invitation'
  | 'passkey_registration'
  | 'passkey_sign_in';

export interface NewOneTimeToken {
  readonly purpose: OneTimePurpose;
  /** Null: there is no account yet. */
  readonly accountId: string | null;
  /** What the token is about, such as the account or the request; newer tokens for it can void older ones. */
  readonly subject: string;
  /** What its spender needs to know; stored encrypted. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly lifeSeconds: number;
}

export interface SpentOneTimeToken {
  readonly accountId: string | null;
  readonly subject: string;
  readonly payload: unknown;
}

/** Makes a token in the caller's transaction. @returns the token, which is stored as a hash only. */
export async function addOneTimeToken(
  manager: EntityManager,
  { purpose, accountId, subject, payload, lifeSeconds }: NewOneTimeToken,
  sealingKey: Buffer,
  nowMs: number,
): Promise<string> {
  const { token, hash } = newSecretToken();
  const sealed = seal(sealingKey, sealedFor(purpose, hash), Buffer.from(JSON.stringify(payload)));
  await rowsOf(
    manager,
    `INSERT INTO one_time_tokens (token_hash, purpose, account_id, subject, sealed, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [hash, purpose, accountId, subject, sealed, new Date(nowMs), new Date(nowMs + lifeSeconds * 1_000)],
  );
  return token;
}

/**
 * Spends a token, in the transaction of what it allows: one guarded statement, so that of any number at once one gets
 * through. Undefined: unknown, of another purpose, used, voided or over.
 * @throws Error where its payload was sealed with another root secret.
 */
export async function spendOneTimeToken(
  manager: EntityManager,
  purpose: OneTimePurpose,
  token: string,
  sealingKey: Buffer,
  nowMs: number,
): Promise<SpentOneTimeToken | undefined> {
  const hash = hashSecretToken(token);
  const [row] = await rowsOf<{ account_id: string | null; subject: string; sealed: Buffer }>(
    manager,
    `UPDATE one_time_tokens SET used_at = $3
     WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
     RETURNING account_id, subject, sealed`,
    [hash, purpose, new Date(nowMs)],
  );
  if (row === undefined) return undefined;
  const plain = openSealed(sealingKey, sealedFor(purpose, hash), row.sealed);
  if (plain === undefined) throw new Error('GATEHOUSE_SECRET: cannot open a one-time token; was the secret changed?');
  return { accountId: row.account_id, subject: row.subject, payload: JSON.parse(plain.toString()) };
}

/** Whether a token would be accepted now, so that costly work can wait for it. Spends nothing. */
export async function isOneTimeTokenOpen(
  manager: EntityManager,
  purpose: OneTimePurpose,
  token: string,
  nowMs: number,
): Promise<boolean> {
  const found = await rowsOf(
    manager,
    `SELECT 1 FROM one_time_tokens WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3`,
    [hashSecretToken(token), purpose, new Date(nowMs)],
  );
  return found.length > 0;
}

/** Whose a token is, so that the account can be locked before the token is spent. Says nothing about whether it is good. */
export async function ownerOfOneTimeToken(
  manager: EntityManager,
  purpose: OneTimePurpose,
  token: string,
): Promise<string | undefined> {
  const [row] = await rowsOf<{ account_id: string | null }>(
    manager,
    'SELECT account_id FROM one_time_tokens WHERE token_hash = $1 AND purpose = $2',
    [hashSecretToken(token), purpose],
  );
  return row?.account_id ?? undefined;
}

/** Voids the tokens of a purpose that are about something, such as the older links of one who asks for another. */
export async function voidOneTimeTokens(
  manager: EntityManager,
  purposes: readonly OneTimePurpose[],
  subject: string,
  nowMs: number,
): Promise<void> {
  await rowsOf(
    manager,
    'UPDATE one_time_tokens SET used_at = $3 WHERE purpose = ANY($1) AND subject = $2 AND used_at IS NULL',
    [purposes, subject, new Date(nowMs)],
  );
}

function sealedFor(purpose: OneTimePurpose, hash: Buffer): string {
  return `one-time ${purpose} ${hash.toString('hex')}`;
}
