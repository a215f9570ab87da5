import type { Api } from '@gatehouse/catalog/api';
import { MANAGEMENT_API } from '@gatehouse/catalog/management-api';
import type { Actor } from '@gatehouse/contracts/actor';
import { type ScopeRules, scopeOutOfReach } from '@gatehouse/key-domain/expand-scopes';
import type { KeyRecord } from './key-record.js';

interface OutOfReach {
  readonly kind: 'refused';
  readonly code: 'permission_denied';
  readonly message: string;
}

/** Which scopes of this API somebody may give: what the role allows; and of its own API, a management key what it has. */
export function grantRules({ role, keyScopes }: Actor, api: Api): Pick<ScopeRules, 'known' | 'grantedBy' | 'held'> {
  return { known: api.profile.scopes, grantedBy: role, held: api.name === MANAGEMENT_API.name ? keyScopes : undefined };
}

/** Who gets the secret of a key gets all its rights: that is refused where one of them is not theirs to give. */
export function secretOutOfReach(actor: Actor, key: KeyRecord, api: Api | undefined): OutOfReach | undefined {
  const scope = api === undefined ? undefined : scopeOutOfReach(key.scopes, grantRules(actor, api));
  return scope === undefined ? undefined : refuse(`You may not grant the scope ${scope}, which this key has.`);
}

/**
 * A management key makes none that may do more than itself more usable: wider, working again, or its secret of before
 * good again. To end one it may.
 */
export function keyOutOfReach(actor: Actor, key: KeyRecord): OutOfReach | undefined {
  const { keyScopes } = actor;
  if (keyScopes === undefined || key.api !== MANAGEMENT_API.name) return undefined;
  const scope = key.scopes.find((held) => !keyScopes.includes(held));
  return scope === undefined ? undefined : refuse(`The key has the scope ${scope}, which the acting key lacks.`);
}

function refuse(message: string): OutOfReach {
  return { kind: 'refused', code: 'permission_denied', message };
}
