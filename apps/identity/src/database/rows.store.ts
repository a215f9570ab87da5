import { type DataSource, type EntityManager, QueryFailedError } from 'typeorm';

/** A statement failed. Says which rule or server, never the values: they may be hashes and addresses. */
export class StorageFault extends Error {}

/** Runs one statement and returns its rows, whatever its verb. @throws StorageFault */
export async function rowsOf<Row>(
  manager: EntityManager,
  statement: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  const result: unknown = await withoutValues(() => manager.query(statement, [...parameters]));
  if (!Array.isArray(result)) throw new StorageFault('a statement answered with something else than rows');
  // The driver answers UPDATE and DELETE with [rows, count], everything else with the rows.
  const isCounted = result.length === 2 && Array.isArray(result[0]) && typeof result[1] === 'number';
  return isCounted ? result[0] : result;
}

/** Runs work in one transaction: everything that it writes stands, or nothing. @throws StorageFault */
export function inTransaction<Value>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<Value>,
): Promise<Value> {
  return withoutValues(() => dataSource.transaction(work));
}

async function withoutValues<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof QueryFailedError)) throw error;
    const { code, constraint } = error.driverError as { code?: string; constraint?: string };
    const message = `${error.message}${code === undefined ? '' : ` (${code} ${constraint ?? ''})`}`;
    throw Object.assign(new StorageFault(message), { code });
  }
}
