import { CALLERS_MAX } from '@gatehouse/contracts/usage-report';
import type { EntityManager } from 'typeorm';
import { addNotices, inOrderOfKeys } from '../notices/notices.store.js';
import { DROP_OLD_CALLERS } from './drop-callers-statement.js';
import { type KeyHabits, type KnownCaller, unusualUse } from './unusual-use.js';

interface HabitRow {
  readonly key_id: string;
  readonly organization_id: string;
  readonly api: string;
  readonly display: string;
  readonly days: number;
  readonly address: string;
  readonly user_agent: string;
  readonly route: string;
  readonly last_at: Date;
  readonly is_new: boolean;
}

/**
 * Keys with a history, and who has used them. Parameters: their ids, and the moment. The first condition spares keys that
 * are new themselves, of which a flood may come, all further reading. A caller is new for two hours, so that those whom several
 * gateways report at the same moment do not vouch for each other; uses are counted within one.
 */
const HABITS = `
WITH habits AS MATERIALIZED (
  SELECT k.id AS key_id, k.organization_id, k.api, s.display, (
    SELECT count(DISTINCT (hour AT TIME ZONE 'UTC')::date)::int FROM usage_hours
    WHERE key_id = k.id AND hour >= $2::timestamptz - interval '30 days'
  ) AS days
  FROM api_keys k JOIN key_secrets s ON s.key_id = k.id AND s.ends_at IS NULL
  WHERE k.id = ANY($1) AND k.created_at < $2::timestamptz - interval '6 days' AND k.state <> 'revoked'
)
SELECT habits.*, c.address, c.user_agent, c.route, c.last_at,
  c.first_at > $2::timestamptz - interval '2 hours' AS is_new
FROM habits JOIN usage_callers c USING (key_id) WHERE habits.days > 6`;

/**
 * What is done about callers of these keys that were not known before: their organization is told where they are unusual, and of the
 * callers of each secret the oldest beyond what is kept are forgotten.
 */
export async function meetNewCallers(manager: EntityManager, keyIds: readonly string[], nowMs: number): Promise<void> {
  if (keyIds.length === 0) return;
  const rows: HabitRow[] = await manager.query(HABITS, [keyIds, new Date(nowMs)]);
  const notices = habitsOf(rows).flatMap(unusualUse);
  await manager.query(DROP_OLD_CALLERS, [keyIds, CALLERS_MAX]);
  // Last, since a notice locks the row of its key until the commit, for which a revoke would wait.
  await addNotices(manager, inOrderOfKeys(notices), nowMs);
}

function habitsOf(rows: readonly HabitRow[]): KeyHabits[] {
  const byKey = new Map<string, KeyHabits & { readonly callers: KnownCaller[] }>();
  for (const row of rows) {
    const { key_id: keyId, organization_id: organizationId, api, display, days: daysOfUse } = row;
    const habits = byKey.get(keyId) ?? { keyId, organizationId, api, display, daysOfUse, callers: [] };
    byKey.set(keyId, habits);
    const { address, user_agent: userAgent, route, last_at: lastAt, is_new: isNew } = row;
    habits.callers.push({ address, userAgent, route, lastAtMs: lastAt.getTime(), isNew });
  }
  return [...byKey.values()];
}
