import type { DataSource, EntityManager } from 'typeorm';
import { HolderUnaware } from './settling.js';

/** One transaction. What was answered must outlive a crash, whatever the server's default is. */
export function inTransaction<Outcome>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<Outcome>,
): Promise<Outcome> {
  return dataSource.transaction(async (manager) => {
    await manager.query('SET LOCAL synchronous_commit = on');
    return work(manager);
  });
}

/**
 * Gives changes of keys (or of whole organizations, by their ids) their numbers. The row lock on the counter is held until
 * the commit, so that numbers become visible in their order and none can appear below one that was seen; last in its
 * transaction, so that it is held briefly.
 * @param aware the holders that know of these changes; undefined: nobody else has to. Whoever said nothing does not, nor who
 * has registered since; nobody registers while the counter is locked.
 * @throws HolderUnaware where there is any other
 */
export async function numberChanges(
  manager: EntityManager,
  ids: readonly string[],
  aware?: readonly string[],
): Promise<void> {
  await manager.query(
    `WITH next AS (UPDATE change_counter SET seq = seq + cardinality($1::text[]) RETURNING seq)
     INSERT INTO key_changes (seq, key_id)
     SELECT next.seq - cardinality($1::text[]) + changed.place, changed.id
     FROM next, unnest($1::text[]) WITH ORDINALITY AS changed (id, place)`,
    [ids],
  );
  if (aware === undefined) return;
  const unaware = await manager.query('SELECT 1 FROM lease_holders WHERE holder_id <> ALL($1::text[]) LIMIT 1', [
    aware,
  ]);
  if (unaware.length > 0) throw new HolderUnaware('a lease holder does not know of the change');
}
