import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';

/**
 * Holds the factors of an account as they are until the transaction ends. What uses or changes them takes this first: one
 * order of locks for all. `use`: beside others that use them; `change`: alone.
 * @returns the account's address; undefined: there is no such account.
 */
export async function lockFactors(
  manager: EntityManager,
  accountId: string,
  intent: 'use' | 'change',
): Promise<string | undefined> {
  const [row] = await rowsOf<{ email: string }>(
    manager,
    `SELECT email FROM accounts WHERE id = $1 FOR ${intent === 'use' ? 'SHARE' : 'NO KEY UPDATE'}`,
    [accountId],
  );
  return row?.email;
}
