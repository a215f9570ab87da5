import type { Actor } from '@gatehouse/contracts/actor';
import type { OrganizationQuotas } from '@gatehouse/contracts/keys';
import type { DataSource } from 'typeorm';
import { inTransaction, numberChanges } from '../lease/changes.store.js';
import { writeAudit } from '../lifecycle/audit.store.js';

export interface OrganizationState {
  readonly organizationId: string;
  readonly plan: string;
  readonly limits: OrganizationQuotas | null;
  readonly suspended: boolean;
}

/** What decisions about keys need of organizations. Every method throws when it fails. */
export class OrganizationsStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Writes what is so from now on. The moment of a suspension stays the first one.
   * @param aware see numberChanges.
   */
  set(organization: OrganizationState, actor: Actor, nowMs: number, aware?: readonly string[]): Promise<void> {
    const { organizationId, plan, limits, suspended } = organization;
    return inTransaction(this.dataSource, async (manager) => {
      await manager.query(
        `INSERT INTO organizations AS known (organization_id, plan, limits, suspended_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (organization_id) DO UPDATE SET
           revision = known.revision + 1, plan = EXCLUDED.plan, limits = EXCLUDED.limits,
           suspended_at = CASE WHEN EXCLUDED.suspended_at IS NULL THEN NULL
                               ELSE coalesce(known.suspended_at, EXCLUDED.suspended_at) END`,
        [organizationId, plan, limits === null ? null : JSON.stringify(limits), suspended ? new Date(nowMs) : null],
      );
      const detail = { plan, limits, suspended };
      await writeAudit(manager, actor, { atMs: nowMs, action: 'organization.set', keyId: organizationId, detail });
      await numberChanges(manager, [organizationId], aware);
    });
  }
}
