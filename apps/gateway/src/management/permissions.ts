import type { Role } from '@gatehouse/contracts/actor';

/** What a management route may need; the verb table of the whole management API. */
export type Permission =
  | 'keys.read'
  | 'keys.write'
  | 'keys.verify'
  | 'limits.check'
  | 'projects.read'
  | 'projects.write'
  | 'members.read'
  | 'members.write'
  | 'audit.read';

const READ: readonly Permission[] = ['keys.read', 'projects.read', 'members.read'];

/** THE table role -> permissions. What a role is not given here, it does not have. */
const ROLE_PERMISSIONS: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  owner: new Set([
    ...READ,
    'keys.write',
    'keys.verify',
    'limits.check',
    'projects.write',
    'members.write',
    'audit.read',
  ]),
  admin: new Set([
    ...READ,
    'keys.write',
    'keys.verify',
    'limits.check',
    'projects.write',
    'members.write',
    'audit.read',
  ]),
  developer: new Set([...READ, 'keys.write', 'keys.verify', 'limits.check']),
  viewer: new Set(READ),
};

/** Whether a member with this role may do that in its organization. */
export function roleMay(role: Role, permission: Permission): boolean {
  return ROLE_PERMISSIONS[role].has(permission);
}
