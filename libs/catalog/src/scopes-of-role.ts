import type { Role } from '@gatehouse/contracts/actor';
import type { Profile } from './profile-schema.js';

/** Whoever may give a key nothing has nothing either, unless the profile says what. */
const GRANTS_NOTHING: Role = 'viewer';

/**
 * What a person may do on an API, by the role in the organization at this moment: what the profile says of the role,
 * else what it may give to a key. A person never has more than a key that this person could make.
 */
export function scopesOfRole({ tokens, scopes }: Profile, role: Role): readonly string[] {
  const named = tokens?.scopes[role];
  if (named !== undefined) return named;
  if (role === GRANTS_NOTHING) return [];
  return Object.entries(scopes)
    .filter(([, { roles }]) => roles === null || roles.includes(role))
    .map(([name]) => name);
}
