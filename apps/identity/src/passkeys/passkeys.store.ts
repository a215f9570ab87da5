import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import type { Passkey } from './webauthn.js';

interface PasskeyRow {
  id: string;
  account_id: string;
  credential_id: Buffer;
  public_key: Buffer;
  counter: string;
  transports: string[];
  name: string;
  created_at: Date;
  last_used_at: Date | null;
}

const COLUMNS = 'id, account_id, credential_id, public_key, counter, transports, name, created_at, last_used_at';

/** The passkeys of an account, the oldest first. */
export async function passkeysOf(manager: EntityManager, accountId: string): Promise<Passkey[]> {
  const rows = await rowsOf<PasskeyRow>(
    manager,
    `SELECT ${COLUMNS} FROM passkeys WHERE account_id = $1 ORDER BY created_at, id`,
    [accountId],
  );
  return rows.map(passkeyOf);
}

/** The passkey that authenticators call by this name. */
export async function findPasskey(manager: EntityManager, credentialId: Buffer): Promise<Passkey | undefined> {
  const [row] = await rowsOf<PasskeyRow>(manager, `SELECT ${COLUMNS} FROM passkeys WHERE credential_id = $1`, [
    credentialId,
  ]);
  return row === undefined ? undefined : passkeyOf(row);
}

/** Adds a passkey, in the caller's transaction. @returns false where there is one of that name already, of whomever. */
export async function insertPasskey(manager: EntityManager, passkey: Passkey): Promise<boolean> {
  const added = await rowsOf(
    manager,
    `INSERT INTO passkeys (id, account_id, credential_id, public_key, counter, transports, name, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (credential_id) DO NOTHING RETURNING id`,
    [
      passkey.id,
      passkey.accountId,
      passkey.credentialId,
      passkey.publicKey,
      passkey.counter,
      passkey.transports,
      passkey.name,
      new Date(passkey.createdAtMs),
    ],
  );
  return added.length > 0;
}

/**
 * Writes a use down, if nobody has done so, or taken the passkey away, since it was read: of two that signed with one
 * counter (a copy, say) one gets through.
 */
export async function recordUse(
  manager: EntityManager,
  { id, counter }: Passkey,
  newCounter: number,
  nowMs: number,
): Promise<boolean> {
  const used = await rowsOf(
    manager,
    'UPDATE passkeys SET counter = $3, last_used_at = $4 WHERE id = $1 AND counter = $2 RETURNING id',
    [id, counter, newCounter, new Date(nowMs)],
  );
  return used.length > 0;
}

/** Takes a passkey of an account away. @returns its name; undefined: the account has none such. */
export async function deletePasskey(
  manager: EntityManager,
  accountId: string,
  passkeyId: string,
): Promise<string | undefined> {
  const [deleted] = await rowsOf<{ name: string }>(
    manager,
    'DELETE FROM passkeys WHERE id = $1 AND account_id = $2 RETURNING name',
    [passkeyId, accountId],
  );
  return deleted?.name;
}

function passkeyOf(row: PasskeyRow): Passkey {
  return {
    id: row.id,
    accountId: row.account_id,
    credentialId: row.credential_id,
    publicKey: row.public_key,
    counter: Number(row.counter),
    transports: row.transports,
    name: row.name,
    createdAtMs: row.created_at.getTime(),
    lastUsedAtMs: row.last_used_at?.getTime() ?? null,
  };
}
