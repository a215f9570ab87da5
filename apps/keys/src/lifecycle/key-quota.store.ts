import type { EntityManager } from 'typeorm';

/**
 * Locks an organization's row until the transaction ends, and makes it with this plan where there is none yet: whoever
 * creates keys counts them under this lock.
 * @returns the plan that the organization has.
 */
export async function lockOrganization(manager: EntityManager, organizationId: string, plan: string): Promise<string> {
  await manager.query('INSERT INTO organizations (organization_id, plan) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    organizationId,
    plan,
  ]);
  const [row]: { plan: string }[] = await manager.query(
    'SELECT plan FROM organizations WHERE organization_id = $1 FOR UPDATE',
    [organizationId],
  );
  if (row === undefined) throw new Error('an organization that was there a moment ago is gone');
  return row.plan;
}

/** How many keys of an API an organization has that are neither revoked nor expired. */
export async function countLiveKeys(
  manager: EntityManager,
  { organizationId, api }: { readonly organizationId: string; readonly api: string },
  nowMs: number,
): Promise<number> {
  const [row]: { live: number }[] = await manager.query(
    `SELECT count(*)::int AS live FROM api_keys
     WHERE organization_id = $1 AND api = $2 AND state <> 'revoked' AND (expires_at IS NULL OR expires_at > $3)`,
    [organizationId, api, new Date(nowMs)],
  );
  return row?.live ?? 0;
}
