import type { SparseReport } from '@gatehouse/contracts/sparse-report';
import type { DataSource, EntityManager } from 'typeorm';
import { COUNT_WAITING } from './count-report-statement.js';
import { meetNewCallers } from './new-callers.store.js';
import { requestRowOf } from './rows-of-report.js';

/** One at a time, of all replicas: the lock's number among those that are for this database. */
export const COUNTING_LOCK = 0x75_73_65_73;
const STATEMENT_MS = 20_000;

const KEEP = `
WITH report AS (
  INSERT INTO usage_reports (report_id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING report_id, at
)
INSERT INTO usage_waiting (report_id, at, shard, uses, addresses, user_agents, routes, scope_sets, scope_names,
  key_ids, generations, moments, callers, scopes, costs, refused, logged, log)
SELECT report_id, at, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18 FROM report`;

/** All that waits of the part of the keys whose oldest report is the oldest of all, `$1` uses at most or one report. */
const OLDEST = `
WITH oldest AS (SELECT shard, at FROM usage_waiting ORDER BY seq LIMIT 1), waiting AS (
  SELECT shard, seq, oldest.at, sum(uses) OVER (ORDER BY seq) - uses AS before
  FROM usage_waiting JOIN oldest USING (shard)
)
SELECT shard, max(seq) AS last, min(at) AS since FROM waiting WHERE before < $1 GROUP BY shard`;

/** Uses of keys that came seldom: kept as they are reported, and counted many at once. */
export class WaitingUsesStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Keeps a report until it is counted, once however often it comes.
   * @throws where it cannot say that the report is kept
   */
  async keep({ reportId, shard, callers, scopeSets, uses, log }: SparseReport, nowMs: number): Promise<void> {
    const scopes = scopeSets.flatMap((names, set) => [...new Set(names)].map((name) => ({ set, name })));
    await this.dataSource.query(KEEP, [
      reportId,
      new Date(nowMs),
      shard,
      uses.keyIds.length,
      callers.addresses,
      callers.userAgents,
      callers.routes,
      numbers(scopes.map(({ set }) => set)),
      scopes.map(({ name }) => name),
      uses.keyIds,
      numbers(uses.generations),
      numbers(uses.atMs),
      numbers(uses.callers),
      numbers(uses.scopes),
      numbers(uses.costs),
      numbers(uses.refused),
      numbers(uses.logged),
      JSON.stringify(log.map(({ keyId, ...request }) => requestRowOf(keyId, request))),
    ]);
  }

  /**
   * Counts what has waited longest, with all else of the same keys; what it says of keys that do not exist is dropped.
   * @param usesMax about how many at once.
   * @returns since when the oldest of them had waited (Unix milliseconds); undefined where nothing waits, or where
   * another replica is at it.
   */
  countSome(usesMax: number, nowMs: number): Promise<number | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const [locked]: { mine: boolean }[] = await manager.query('SELECT pg_try_advisory_xact_lock($1) AS mine', [
        COUNTING_LOCK,
      ]);
      if (locked?.mine !== true) return undefined;
      const [next]: { shard: number; last: string; since: Date }[] = await manager.query(OLDEST, [usesMax]);
      if (next === undefined) return undefined;
      await this.count(manager, next.shard, next.last, nowMs);
      return next.since.getTime();
    });
  }

  private async count(manager: EntityManager, shard: number, last: string, nowMs: number): Promise<void> {
    await manager.query(`SET LOCAL statement_timeout = ${STATEMENT_MS}`);
    const withNewCallers: { key_id: string }[] = await manager.query(COUNT_WAITING, [shard, last]);
    await meetNewCallers(
      manager,
      withNewCallers.map((row) => row.key_id),
      nowMs,
    );
  }
}

/** As PostgreSQL reads an array. */
function numbers(column: readonly (number | boolean)[]): string {
  return `{${column.join(',')}}`;
}
