import { type OrganizationQuotas, organizationLimitsSchema } from '@gatehouse/contracts/keys';
import type { DataSource, EntityManager } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Origin } from '../origin.js';

/** How an organization stands with the installation: what it may use, and whether at all. */
export interface Standing {
  readonly plan: string;
  /** In place of the plan's quotas [A9]; null: the plan's. */
  readonly limits: OrganizationQuotas | null;
  readonly suspended: boolean;
}

/** Whether an account runs this installation. */
export async function isOperator(manager: EntityManager, accountId: string): Promise<boolean> {
  const found = await rowsOf(manager, 'SELECT 1 FROM installation WHERE account_id = $1', [accountId]);
  return found.length > 0;
}

interface StandingRow {
  plan: string;
  limits: unknown;
  suspended_at: Date | null;
}

/** How an organization stands at this moment; undefined: there is none. */
export async function standingOf(manager: EntityManager, organizationId: string): Promise<Standing | undefined> {
  const [row] = await rowsOf<StandingRow>(
    manager,
    'SELECT plan, limits, suspended_at FROM organizations WHERE id = $1',
    [organizationId],
  );
  return row === undefined ? undefined : readStanding(row);
}

/** Changes how an organization stands, if the account is the operator at this moment. What is not named stays. */
export function setStanding(
  dataSource: DataSource,
  accountId: string,
  organizationId: string,
  changes: { readonly [Part in keyof Standing]?: Standing[Part] | undefined },
  origin: Origin,
  nowMs: number,
): Promise<Standing | 'not_found' | 'not_permitted'> {
  return inTransaction(dataSource, async (manager) => {
    if (!(await isOperator(manager, accountId))) return 'not_permitted';
    const [before] = await rowsOf<StandingRow>(
      manager,
      'SELECT plan, limits, suspended_at FROM organizations WHERE id = $1 FOR UPDATE',
      [organizationId],
    );
    if (before === undefined) return 'not_found';
    const standing = { ...readStanding(before), ...given(changes) };
    await rowsOf(
      manager,
      `UPDATE organizations SET plan = $2, limits = $3,
         suspended_at = CASE WHEN $4 THEN coalesce(suspended_at, $5) END WHERE id = $1 RETURNING id`,
      [
        organizationId,
        standing.plan,
        standing.limits === null ? null : JSON.stringify(standing.limits),
        standing.suspended,
        new Date(nowMs),
      ],
    );
    await recordAudit(manager, [
      {
        action: 'organization.standing_set',
        actorAccountId: accountId,
        organizationId,
        target: organizationId,
        origin,
        atMs: nowMs,
      },
    ]);
    return standing;
  });
}

function readStanding({ plan, limits, suspended_at: suspendedAt }: StandingRow): Standing {
  return {
    plan,
    limits: limits === null ? null : organizationLimitsSchema.parse(limits),
    suspended: suspendedAt !== null,
  };
}

function given<Changes extends object>(
  changes: Changes,
): Partial<{ [Part in keyof Changes]: Exclude<Changes[Part], undefined> }> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as never;
}
