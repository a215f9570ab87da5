import { MANAGEMENT_API } from '@gatehouse/catalog/management-api';
import { type Actor, roleSchema } from '@gatehouse/contracts/actor';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import { type Permission, roleMay } from './permissions.js';

/**
 * The actor that a management key is: itself, in its organization, with the role of its creator. Its scopes bound what it
 * may do, and so does that role: a table of permissions that shrinks takes from keys, too.
 * @returns undefined where that role does not have the permission
 */
export function keyActor(
  facts: KeyFacts,
  permission: Permission,
  request: { readonly address: string; readonly requestId: string },
): Actor | undefined {
  // Some permissions are for people alone: there is no scope of that name, whatever a key has.
  if (MANAGEMENT_API.profile.scopes[permission] === undefined) return undefined;
  const role = roleSchema.safeParse(facts.creatorRole);
  if (!role.success || !roleMay(role.data, permission)) return undefined;
  const { address, requestId } = request;
  return {
    accountId: facts.keyId,
    organizationId: facts.organizationId,
    role: role.data,
    keyScopes: [...facts.scopes],
    address,
    requestId,
  };
}
