import { CALLERS_MAX } from '@gatehouse/contracts/usage-report';
import type { DataSource, EntityManager } from 'typeorm';
import { NEVER_USED, type SecretUse } from './secret-use.js';

/** How many secrets of a key are told about, newest first: an answer has to fit into one message. */
const SECRETS_MAX = 5;

interface CallerRow {
  readonly generation: number;
  readonly secret_uses: string;
  readonly secret_last_at: Date;
  readonly address: string | null;
  readonly user_agent: string;
  readonly route: string;
  readonly uses: string;
  readonly last_at: Date;
}

/**
 * The use of a secret since the rotation that is about to replace it began.
 * @param generation which of the key's secrets
 */
export async function oldSecretUse(queries: DataSource, keyId: string, generation: number): Promise<SecretUse> {
  const rows: CallerRow[] = await queries.query(
    `SELECT generation, secret_uses.uses AS secret_uses, secret_uses.last_at AS secret_last_at,
       address, user_agent, route, usage_callers.uses, usage_callers.last_at
     FROM secret_uses LEFT JOIN usage_callers USING (key_id, generation, retiring)
     WHERE key_id = $1 AND generation = $2 AND retiring
     ORDER BY usage_callers.last_at DESC LIMIT $3`,
    [keyId, generation, CALLERS_MAX],
  );
  return useOf(rows);
}

/** Lets the use of a secret begin at zero for the rotation of this transaction. */
export async function forgetOldSecretUse(manager: EntityManager, keyId: string, generation: number): Promise<void> {
  for (const table of ['secret_uses', 'usage_callers']) {
    await manager.query(`DELETE FROM ${table} WHERE key_id = $1 AND generation = $2 AND retiring`, [keyId, generation]);
  }
}

/** The use of a key's newest secrets that were used at all: generation -> use, newest first. */
export async function secretUses(queries: DataSource, keyId: string): Promise<ReadonlyMap<number, SecretUse>> {
  const rows: CallerRow[] = await queries.query(
    `WITH secrets AS (
       SELECT generation, sum(uses) AS uses, max(last_at) AS last_at FROM secret_uses WHERE key_id = $1
       GROUP BY generation ORDER BY generation DESC LIMIT $2
     ), callers AS (
       SELECT generation, address, user_agent, (array_agg(route ORDER BY last_at DESC))[1] AS route,
         sum(uses) AS uses, max(last_at) AS last_at
       FROM usage_callers WHERE key_id = $1 GROUP BY generation, address, user_agent
     )
     SELECT generation, secrets.uses AS secret_uses, secrets.last_at AS secret_last_at,
       address, user_agent, route, callers.uses, callers.last_at
     FROM secrets LEFT JOIN callers USING (generation)
     ORDER BY generation DESC, callers.last_at DESC`,
    [keyId, SECRETS_MAX],
  );
  const generations = new Set(rows.map(({ generation }) => generation));
  return new Map([...generations].map((one) => [one, useOf(rows.filter(({ generation }) => generation === one))]));
}

function useOf(rows: readonly CallerRow[]): SecretUse {
  const [first] = rows;
  if (first === undefined) return NEVER_USED;
  const callers = rows.slice(0, CALLERS_MAX).flatMap((row) =>
    row.address === null
      ? []
      : [
          {
            address: row.address,
            userAgent: row.user_agent,
            route: row.route,
            uses: Number(row.uses),
            lastAtMs: row.last_at.getTime(),
          },
        ],
  );
  return { uses: Number(first.secret_uses), lastAtMs: first.secret_last_at.getTime(), callers };
}
