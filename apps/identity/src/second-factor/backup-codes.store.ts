import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import { hashBackupCode, newBackupCodes } from './backup-codes.js';

/** Makes a new set in place of every earlier code. @returns the codes, which are stored as hashes only */
export async function replaceBackupCodes(
  manager: EntityManager,
  accountId: string,
  backupCodeKey: Buffer,
  nowMs: number,
): Promise<string[]> {
  const codes = newBackupCodes();
  await rowsOf(manager, 'DELETE FROM backup_codes WHERE account_id = $1', [accountId]);
  await rowsOf(
    manager,
    'INSERT INTO backup_codes (account_id, code_hash, created_at) SELECT $1, unnest($2::bytea[]), $3',
    [accountId, codes.map((code) => hashBackupCode(backupCodeKey, accountId, code)), new Date(nowMs)],
  );
  return codes;
}

/** Uses a code up: one guarded statement, so that of any number at once one gets through [M-06]. */
export async function useBackupCode(
  manager: EntityManager,
  accountId: string,
  code: string,
  backupCodeKey: Buffer,
  nowMs: number,
): Promise<boolean> {
  const used = await rowsOf(
    manager,
    `UPDATE backup_codes SET used_at = $3 WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL
     RETURNING account_id`,
    [accountId, hashBackupCode(backupCodeKey, accountId, code), new Date(nowMs)],
  );
  return used.length > 0;
}

/** How many codes an account has left. */
export async function countBackupCodes(manager: EntityManager, accountId: string): Promise<number> {
  const [row] = await rowsOf<{ count: string }>(
    manager,
    'SELECT count(*) FROM backup_codes WHERE account_id = $1 AND used_at IS NULL',
    [accountId],
  );
  return Number(row?.count ?? 0);
}
