import type { DataSource } from 'typeorm';
import type { ScopeUse } from './propose-scopes.js';
import type { RequestPlace } from './request-cursor.js';
import type { SecretUse } from './secret-use.js';
import { oldSecretUse, secretUses } from './secret-uses.store.js';
import type { UsagePeriod } from './usage-period.js';

/** What was done in one hour or day. */
export interface UsageStep {
  readonly atMs: number;
  readonly requests: number;
  readonly refused: number;
  readonly cost: number;
  readonly unlogged: number;
}

/** One row of the request log. */
export interface LoggedRequest {
  readonly atMs: number;
  readonly requestId: string;
  readonly generation: number;
  readonly address: string;
  readonly userAgent: string;
  readonly method: string;
  readonly path: string;
  readonly route: string;
  readonly status: number;
  readonly outcome: string;
  readonly cost: number;
}

/** Answers what keys were used for. Whoever asks has found the key in the organization first. */
export class UsageReadingsStore {
  constructor(private readonly dataSource: DataSource) {}

  oldSecretUse(keyId: string, generation: number): Promise<SecretUse> {
    return oldSecretUse(this.dataSource, keyId, generation);
  }

  secretUses(keyId: string): Promise<ReadonlyMap<number, SecretUse>> {
    return secretUses(this.dataSource, keyId);
  }

  /** Hours or days with requests, oldest first. */
  async steps(keyId: string, { fromMs, step }: UsagePeriod): Promise<UsageStep[]> {
    const rows: { at: Date; requests: string; refused: string; cost: string; unlogged: string }[] =
      await this.dataSource.query(
        `SELECT date_trunc($3, hour, 'UTC') AS at, sum(requests) AS requests, sum(refused) AS refused,
           sum(cost) AS cost, sum(unlogged) AS unlogged
         FROM usage_hours WHERE key_id = $1 AND hour >= $2 GROUP BY 1 ORDER BY 1`,
        [keyId, new Date(fromMs), step],
      );
    return rows.map((row) => ({
      atMs: row.at.getTime(),
      requests: Number(row.requests),
      refused: Number(row.refused),
      cost: Number(row.cost),
      unlogged: Number(row.unlogged),
    }));
  }

  /** @param fromMs the beginning of a day (UTC) */
  async scopes(keyId: string, fromMs: number): Promise<ScopeUse[]> {
    const rows: { scope: string; uses: string; last_at: Date }[] = await this.dataSource.query(
      `SELECT scope, sum(uses) AS uses, max(last_at) AS last_at FROM usage_scopes
       WHERE key_id = $1 AND day >= $2 GROUP BY scope`,
      [keyId, new Date(fromMs).toISOString().slice(0, 10)],
    );
    return rows.map((row) => ({ scope: row.scope, uses: Number(row.uses), lastAtMs: row.last_at.getTime() }));
  }

  /** Requests of the log, newest first, `limit` at most, from after a place on. */
  async requests(keyId: string, after: RequestPlace | undefined, limit: number): Promise<LoggedRequest[]> {
    const rows: (Omit<LoggedRequest, 'atMs' | 'cost'> & { at: Date; cost: string })[] = await this.dataSource.query(
      `SELECT at, request_id AS "requestId", generation, address, user_agent AS "userAgent", method, path, route,
         status, outcome, cost
       FROM usage_requests
       WHERE key_id = $1 ${after === undefined ? '' : 'AND (at, request_id) < ($3, $4)'}
       ORDER BY at DESC, request_id DESC LIMIT $2`,
      [keyId, limit, ...(after === undefined ? [] : [new Date(after.atMs), after.requestId])],
    );
    return rows.map(({ at, cost, ...same }) => ({ ...same, atMs: at.getTime(), cost: Number(cost) }));
  }
}
