import type { Role } from '@gatehouse/contracts/actor';
import { rolesThatMay } from '../organizations/roles.js';

/** A change of who belongs to an organization as what. */
export interface MembershipChange {
  /** Of who asks, at this moment; undefined: not a member. */
  readonly actorRole: Role | undefined;
  /** Of whom it is about, at this moment; undefined: not a member. */
  readonly targetRole: Role | undefined;
  /** Null: is to leave. */
  readonly newRole: Role | null;
  readonly isOneself: boolean;
  /** How many owners there are. */
  readonly owners: number;
}

/**
 * Decides whether a change of membership may be made. Owners are made, changed and removed by owners alone; one of them
 * stays. Everybody may leave, and nobody gives oneself a role that is not theirs to give.
 */
export function judgeMembership(change: MembershipChange): 'allowed' | 'not_permitted' | 'not_found' | 'last_owner' {
  const { actorRole, targetRole, newRole, isOneself, owners } = change;
  if (actorRole === undefined) return 'not_permitted';
  const leaves = isOneself && newRole === null;
  if (!leaves && !mayManage(actorRole)) return 'not_permitted';
  if (targetRole === undefined) return 'not_found';
  const isAboutOwner = targetRole === 'owner' || newRole === 'owner';
  if (!leaves && isAboutOwner && !rolesThatMay('owners.manage').includes(actorRole)) return 'not_permitted';
  if (targetRole === 'owner' && newRole !== 'owner' && owners <= 1) return 'last_owner';
  return 'allowed';
}

/** Whether somebody with this role may invite somebody as that. */
export function mayInvite(actorRole: Role | undefined, invitedAs: Role): boolean {
  if (actorRole === undefined || !mayManage(actorRole)) return false;
  return invitedAs !== 'owner' || rolesThatMay('owners.manage').includes(actorRole);
}

function mayManage(role: Role): boolean {
  return rolesThatMay('members.manage').includes(role);
}
