import type { DataSource } from 'typeorm';
import { inTransaction } from '../database/rows.store.js';
import type { Origin } from '../origin.js';
import { forgiveGuess } from '../password/guesses.store.js';
import type { ProvenPassword } from '../password/prove-password.js';
import { proceed } from './proceed.store.js';
import type { Proceeded } from './proceeded.js';

/**
 * Writes what a right password changes, all or nothing.
 * @returns undefined where the password was changed, or closed, since it was compared.
 */
export function recordPassword(
  dataSource: DataSource,
  proven: ProvenPassword,
  origin: Origin,
  nowMs: number,
): Promise<Proceeded | undefined> {
  const { id: accountId } = proven.compared.account;
  return inTransaction(dataSource, async (manager) => {
    if (!(await forgiveGuess(manager, proven, nowMs))) return undefined;
    return proceed(manager, { accountId, proven: ['password'], origin, nowMs });
  });
}
