import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import { openSealed, seal } from '../tokens/seal.js';

/** An authenticator that is being set up. */
export interface Enrolment {
  readonly accountId: string;
  /** The one session in which it can be confirmed. */
  readonly sessionId: string;
  readonly secret: Buffer;
  readonly startedAtMs: number;
}

export interface TotpSecret {
  readonly secret: Buffer;
  readonly lastStep: number;
}

/** Begins to set up an authenticator, in place of any other that was begun. What is asked for at sign-in stays. */
export async function keepEnrolment(manager: EntityManager, enrolment: Enrolment, totpKey: Buffer): Promise<void> {
  const { accountId, sessionId, secret, startedAtMs } = enrolment;
  await rowsOf(
    manager,
    `INSERT INTO totp_enrolments (account_id, session_id, secret_sealed, created_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (account_id) DO UPDATE SET session_id = $2, secret_sealed = $3, created_at = $4`,
    [accountId, sessionId, seal(totpKey, sealedFor(accountId), secret), new Date(startedAtMs)],
  );
}

export async function findEnrolment(
  manager: EntityManager,
  accountId: string,
  totpKey: Buffer,
): Promise<Enrolment | undefined> {
  const [row] = await rowsOf<{ session_id: string; secret_sealed: Buffer; created_at: Date }>(
    manager,
    'SELECT session_id, secret_sealed, created_at FROM totp_enrolments WHERE account_id = $1 FOR UPDATE',
    [accountId],
  );
  if (row === undefined) return undefined;
  return {
    accountId,
    sessionId: row.session_id,
    secret: opened(row.secret_sealed, accountId, totpKey),
    startedAtMs: row.created_at.getTime(),
  };
}

/** From now on, codes of this secret are asked for, and of no other one. The step that confirmed it is used. */
export async function activateTotp(
  manager: EntityManager,
  enrolment: Enrolment,
  step: number,
  totpKey: Buffer,
  nowMs: number,
): Promise<void> {
  const { accountId, secret } = enrolment;
  await rowsOf(
    manager,
    `INSERT INTO totp_secrets (account_id, secret_sealed, created_at, confirmed_at, last_step) VALUES ($1, $2, $3, $3, $4)
     ON CONFLICT (account_id) DO UPDATE SET secret_sealed = $2, created_at = $3, confirmed_at = $3, last_step = $4`,
    [accountId, seal(totpKey, sealedFor(accountId), secret), new Date(nowMs), step],
  );
  await rowsOf(manager, 'DELETE FROM totp_enrolments WHERE account_id = $1', [accountId]);
}

/** The secret whose codes are asked for. @throws Error where it cannot be opened: nobody gets in with what was changed */
export async function findTotpSecret(
  manager: EntityManager,
  accountId: string,
  totpKey: Buffer,
): Promise<TotpSecret | undefined> {
  const [row] = await rowsOf<{ secret_sealed: Buffer; last_step: string }>(
    manager,
    'SELECT secret_sealed, last_step FROM totp_secrets WHERE account_id = $1 AND confirmed_at IS NOT NULL',
    [accountId],
  );
  if (row === undefined) return undefined;
  return { secret: opened(row.secret_sealed, accountId, totpKey), lastStep: Number(row.last_step) };
}

/** Uses up a step: one guarded statement, so that of any number at once one gets it [M-01]. */
export async function useStep(manager: EntityManager, accountId: string, step: number): Promise<boolean> {
  const used = await rowsOf(
    manager,
    'UPDATE totp_secrets SET last_step = $2 WHERE account_id = $1 AND last_step < $2 RETURNING account_id',
    [accountId, step],
  );
  return used.length > 0;
}

/** Removes the authenticator, the one that is being set up, and every backup code. */
export async function removeTotp(manager: EntityManager, accountId: string): Promise<void> {
  for (const table of ['totp_secrets', 'totp_enrolments', 'backup_codes']) {
    await rowsOf(manager, `DELETE FROM ${table} WHERE account_id = $1`, [accountId]);
  }
}

function opened(sealed: Buffer, accountId: string, totpKey: Buffer): Buffer {
  const secret = openSealed(totpKey, sealedFor(accountId), sealed);
  if (secret === undefined)
    throw new Error(`cannot open the TOTP secret of ${accountId}; was GATEHOUSE_SECRET changed?`);
  return secret;
}

function sealedFor(accountId: string): string {
  return `totp ${accountId}`;
}
