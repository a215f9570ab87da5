import type { DataSource } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction } from '../database/rows.store.js';
import { isOperator } from '../organizations/standing.store.js';
import type { Origin } from '../origin.js';
import { makeSpareKeys, rotateSigningKeys } from './signing-keys.store.js';

/** Rotates the signing keys, if the account runs this installation at this moment. @returns whether it does */
export async function rotateSigningKeysAs(
  dataSource: DataSource,
  { accountId, drop, origin }: { readonly accountId: string; readonly drop: boolean; readonly origin: Origin },
  encryptionKey: Buffer,
  nowMs: number,
): Promise<boolean> {
  // Somebody else is not to make us work.
  if (!(await isOperator(dataSource.manager, accountId))) return false;
  const spare = await makeSpareKeys();
  return inTransaction(dataSource, async (manager) => {
    if (!(await isOperator(manager, accountId))) return false;
    await rotateSigningKeys(manager, drop, spare, encryptionKey, nowMs);
    const target = drop ? 'dropped' : 'retired';
    const action = 'signing_keys.rotated';
    await recordAudit(manager, [
      { action, actorAccountId: accountId, organizationId: null, target, origin, atMs: nowMs },
    ]);
    return true;
  });
}
