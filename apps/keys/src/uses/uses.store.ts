import type { Spend, SpendOutcome } from '@gatehouse/contracts/spend-records';
import type { DataSource } from 'typeorm';
import { inTransaction, numberChanges } from '../lease/changes.store.js';
import { spendUses } from './spend-uses.js';

/** The uses that keys have left. Every method throws when it fails; then nothing was taken. */
export class UsesStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Takes what a batch of requests costs from their keys, each under its row lock, so that no key is ever used more often
   * than it may be, however many ask at once. A key without uses left is a change that lease holders hear of.
   */
  spend(spends: readonly Spend[]): Promise<readonly SpendOutcome[]> {
    return inTransaction(this.dataSource, async (manager) => {
      const rows: { id: string; remaining_uses: string | null }[] = await manager.query(
        // In one order, so that two batches cannot wait for each other.
        'SELECT id, remaining_uses FROM api_keys WHERE id = ANY($1) ORDER BY id FOR UPDATE',
        [[...new Set(spends.map(({ keyId }) => keyId))]],
      );
      const left = new Map(
        rows.flatMap((row) => (row.remaining_uses === null ? [] : [[row.id, Number(row.remaining_uses)] as const])),
      );
      const { outcomes, leftOf } = spendUses(spends, left);
      if (leftOf.size === 0) return outcomes;
      await manager.query(
        `UPDATE api_keys SET remaining_uses = spent.uses,
           revision = revision + CASE WHEN spent.uses = 0 THEN 1 ELSE 0 END
         FROM unnest($1::text[], $2::bigint[]) AS spent (id, uses) WHERE api_keys.id = spent.id`,
        [[...leftOf.keys()], [...leftOf.values()]],
      );
      const exhausted = [...leftOf].filter(([, uses]) => uses === 0).map(([id]) => id);
      if (exhausted.length > 0) await numberChanges(manager, exhausted);
      return outcomes;
    });
  }
}
