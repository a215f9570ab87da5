import { type Role, roleSchema } from '@gatehouse/contracts/actor';
import type { DataSource, EntityManager } from 'typeorm';
import type { AuditAction } from '../audit/audit.js';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Origin } from '../origin.js';
import { endAccess } from '../sessions/end-access.store.js';
import { judgeMembership } from './judge-membership.js';

/** Somebody who belongs to an organization. */
export interface Member {
  readonly accountId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly hasSecondFactor: boolean;
  readonly joinedAtMs: number;
}

/** Who asks for a change in which organization, and from where. */
export interface MemberActor {
  readonly accountId: string;
  readonly organizationId: string;
  readonly origin: Origin;
}

interface MemberRow {
  account_id: string;
  email: string;
  name: string;
  role: string;
  has_second_factor: boolean;
  created_at: Date;
}

/** Everybody in an organization, who has been there longest first. */
export async function membersOf(manager: EntityManager, organizationId: string): Promise<Member[]> {
  const rows = await rowsOf<MemberRow>(
    manager,
    `SELECT m.account_id, a.email, a.name, m.role, m.created_at,
       EXISTS (SELECT 1 FROM totp_secrets t WHERE t.account_id = a.id AND t.confirmed_at IS NOT NULL)
         OR EXISTS (SELECT 1 FROM passkeys p WHERE p.account_id = a.id) AS has_second_factor
     FROM memberships m JOIN accounts a ON a.id = m.account_id
     WHERE m.organization_id = $1 ORDER BY m.created_at, m.account_id`,
    [organizationId],
  );
  return rows.map((row) => ({
    accountId: row.account_id,
    email: row.email,
    name: row.name,
    role: roleSchema.parse(row.role),
    hasSecondFactor: row.has_second_factor,
    joinedAtMs: row.created_at.getTime(),
  }));
}

export type MembershipOutcome = 'done' | 'not_permitted' | 'not_found' | 'last_owner';

/**
 * Gives a member another role, or takes the membership away. Changes of one organization come one after the other, so that
 * of two owners who step down at once one stays.
 * @param newRole null: the membership ends, and with it the sessions of who did not leave by choice.
 */
export function changeMembership(
  dataSource: DataSource,
  actor: MemberActor,
  targetId: string,
  newRole: Role | null,
  nowMs: number,
): Promise<MembershipOutcome> {
  const { organizationId } = actor;
  return inTransaction(dataSource, async (manager) => {
    await lockOrganization(manager, organizationId);
    const isOneself = targetId === actor.accountId;
    const roles = await rolesOf(manager, organizationId, [actor.accountId, targetId]);
    const verdict = judgeMembership({
      actorRole: roles.get(actor.accountId),
      targetRole: roles.get(targetId),
      newRole,
      isOneself,
      owners: await countOwners(manager, organizationId),
    });
    if (verdict !== 'allowed') return verdict;
    if (newRole === null) {
      await rowsOf(manager, 'DELETE FROM memberships WHERE organization_id = $1 AND account_id = $2', [
        organizationId,
        targetId,
      ]);
      const { origin } = actor;
      const end = { accountId: targetId, exceptSessionId: null, reason: 'membership_ended', origin, nowMs } as const;
      if (!isOneself) await endAccess(manager, end);
    } else {
      await rowsOf(manager, 'UPDATE memberships SET role = $3 WHERE organization_id = $1 AND account_id = $2', [
        organizationId,
        targetId,
        newRole,
      ]);
    }
    await recordMemberChange(manager, newRole === null ? 'member.removed' : 'member.changed', actor, targetId, nowMs);
    return 'done';
  });
}

/** Makes changes of one organization's members wait for each other, until the transaction ends. */
export async function lockOrganization(manager: EntityManager, organizationId: string): Promise<boolean> {
  const found = await rowsOf(manager, 'SELECT 1 FROM organizations WHERE id = $1 FOR UPDATE', [organizationId]);
  return found.length > 0;
}

/** The roles that accounts have in an organization at this moment; who is no member has none. */
export async function rolesOf(
  manager: EntityManager,
  organizationId: string,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, Role>> {
  const rows = await rowsOf<{ account_id: string; role: string }>(
    manager,
    'SELECT account_id, role FROM memberships WHERE organization_id = $1 AND account_id = ANY($2)',
    [organizationId, accountIds],
  );
  return new Map(rows.map((row) => [row.account_id, roleSchema.parse(row.role)]));
}

/** Writes down who changed what about the members of an organization. */
export async function recordMemberChange(
  manager: EntityManager,
  action: AuditAction,
  { accountId, organizationId, origin }: MemberActor,
  target: string,
  nowMs: number,
): Promise<void> {
  await recordAudit(manager, [{ action, actorAccountId: accountId, organizationId, target, origin, atMs: nowMs }]);
}

async function countOwners(manager: EntityManager, organizationId: string): Promise<number> {
  const [row] = await rowsOf<{ count: string }>(
    manager,
    `SELECT count(*) FROM memberships WHERE organization_id = $1 AND role = 'owner'`,
    [organizationId],
  );
  return Number(row?.count ?? 0);
}
