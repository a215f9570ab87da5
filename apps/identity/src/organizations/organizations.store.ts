import { type ClosedOrganization, type Membership, membershipSchema } from '@gatehouse/contracts/identity';
import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import type { Proof } from '../sign-in/proof.js';
import { type EntryRules, missingProofs } from './entry.js';
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

/** Where a session of an account may act, and where it would have to show more [H-074]. */
export interface Entries {
  readonly memberships: readonly Membership[];
  readonly closed: readonly ClosedOrganization[];
}

/** The organizations that an account belongs to, as they are now, the oldest membership first, for what a session has shown. */
export async function membershipsOf(
  manager: EntityManager,
  accountId: string,
  proofs: readonly Proof[],
): Promise<Entries> {
  const rows = await rowsOf<EntryRow>(
    manager,
    `SELECT o.id AS "organizationId", o.name AS "organizationName", o.plan, m.role,
       o.requires_second_factor AS "requiresSecondFactor", o.requires_sso AS "requiresSso"
     FROM memberships m JOIN organizations o ON o.id = m.organization_id
     WHERE m.account_id = $1 ORDER BY m.created_at, o.id`,
    [accountId],
  );
  const entries = rows.map(({ requiresSecondFactor, requiresSso, ...membership }) => ({
    membership: membershipSchema.parse(membership),
    wants: [...missingProofs({ requiresSecondFactor, requiresSso }, proofs)],
  }));
  return {
    memberships: entries.filter(({ wants }) => wants.length === 0).map(({ membership }) => membership),
    closed: entries
      .filter(({ wants }) => wants.length > 0)
      .map(({ membership: { organizationId, organizationName }, wants }) => ({
        organizationId,
        organizationName,
        wants,
      })),
  };
}

/** Where a session may act, by what it has shown. */
export async function openMembershipsOf(
  manager: EntityManager,
  { account, proofs }: { readonly account: { readonly id: string }; readonly proofs: readonly Proof[] },
): Promise<Entries['memberships']> {
  return (await membershipsOf(manager, account.id, proofs)).memberships;
}

interface EntryRow extends EntryRules {
  readonly organizationId: string;
}
