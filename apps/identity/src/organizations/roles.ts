import type { Role } from '@gatehouse/contracts/actor';

/** What a member may do, beyond reading. */
export type Permission = 'projects.create' | 'members.manage' | 'owners.manage';

/** THE table: role to permissions. A role that is not named here may only read. */
const PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  owner: ['projects.create', 'members.manage', 'owners.manage'],
  admin: ['projects.create', 'members.manage'],
  developer: ['projects.create'],
  viewer: [],
};

function mayDo(role: Role, permission: Permission): boolean {
  return PERMISSIONS[role].includes(permission);
}

/** The roles that may, for a statement that checks the membership itself. */
export function rolesThatMay(permission: Permission): Role[] {
  return (Object.keys(PERMISSIONS) as Role[]).filter((role) => mayDo(role, permission));
}
