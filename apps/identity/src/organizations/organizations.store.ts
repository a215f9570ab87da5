import { type Membership, membershipSchema } from '@gatehouse/contracts/identity';
import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import { MembershipEntity } from './membership.entity.js';
import { OrganizationEntity } from './organization.entity.js';
import type { Organization } from './organization.js';

/** Writes a new organization that belongs to an account. */
export async function addOrganization(
  manager: EntityManager,
  organization: Organization,
  ownerAccountId: string,
  nowMs: number,
): Promise<void> {
  const createdAt = new Date(nowMs);
  await manager.insert(OrganizationEntity, { ...organization, createdAt });
  await manager.insert(MembershipEntity, {
    organizationId: organization.id,
    accountId: ownerAccountId,
    role: 'owner',
    createdAt,
  });
}

/** The organizations that an account belongs to, as they are now, the oldest membership first. */
export async function membershipsOf(manager: EntityManager, accountId: string): Promise<Membership[]> {
  const rows = await rowsOf(
    manager,
    `SELECT o.id AS "organizationId", o.name AS "organizationName", o.plan, m.role
     FROM memberships m JOIN organizations o ON o.id = m.organization_id
     WHERE m.account_id = $1 ORDER BY m.created_at, o.id`,
    [accountId],
  );
  return rows.map((row) => membershipSchema.parse(row));
}
