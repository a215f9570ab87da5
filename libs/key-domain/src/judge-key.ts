import { isAllowedAddress } from './allowed-addresses.js';
import type { KeyFacts } from './key.js';
import { holdsPermissions, type PermissionQuery } from './permission-query.js';

/** What the request brings to the decision. */
export interface JudgeContext {
  /** The project that its path names; null: none. */
  readonly projectId: string | null;
  /** Where it comes from. */
  readonly address: string;
  /** Whether it only reads: a quarantined key may do that. */
  readonly isRead: boolean;
  /** The scopes that its route needs. */
  readonly scopesNeeded: readonly string[];
  /** What else its scopes have to hold; null: nothing. */
  readonly permissions: PermissionQuery | null;
}

/** The API that it goes to. */
export interface JudgePlace {
  readonly name: string;
  /** The environments whose keys it takes; null: all. */
  readonly environments: readonly string[] | null;
}

/** Reasons are codes of the data plane's refusals. `key` is there whenever the whole secret was right. */
export type KeyVerdict =
  | { readonly kind: 'valid'; readonly key: KeyFacts }
  | { readonly kind: 'refused'; readonly reason: 'key_unknown'; readonly key?: never }
  | { readonly kind: 'refused'; readonly reason: KeyRefusal; readonly key: KeyFacts };

type KeyRefusal =
  | 'key_of_other_api'
  | 'key_revoked'
  | 'key_disabled'
  | 'secret_retired'
  | 'key_expired'
  | 'organization_suspended'
  | 'address_refused'
  | 'key_of_other_environment'
  | 'key_of_other_project'
  | 'key_quarantined'
  | 'scope_missing'
  | 'uses_exhausted';

/**
 * Decides about one key. The first question that fails names the refusal: what has become of the key, then where it may
 * be used, then what it may do. A key expires, and a secret retires, at its very millisecond.
 * @param nowMs Unix milliseconds.
 */
export function judgeKey(
  key: KeyFacts | 'unknown',
  context: JudgeContext,
  place: JudgePlace,
  nowMs: number,
): KeyVerdict {
  if (key === 'unknown') return { kind: 'refused', reason: 'key_unknown' };
  const reason = refusalOf(key, context, place, nowMs);
  return reason === undefined ? { kind: 'valid', key } : { kind: 'refused', reason, key };
}

function refusalOf(
  key: KeyFacts,
  context: JudgeContext,
  { name, environments }: JudgePlace,
  nowMs: number,
): KeyRefusal | undefined {
  if (key.api !== name) return 'key_of_other_api';
  if (key.state === 'revoked') return 'key_revoked';
  if (key.state === 'disabled') return 'key_disabled';
  if (key.secret.endsAtMs !== null && nowMs >= key.secret.endsAtMs) return 'secret_retired';
  if (key.expiresAtMs !== null && nowMs >= key.expiresAtMs) return 'key_expired';
  if (key.organizationSuspended) return 'organization_suspended';
  if (!isAllowedAddress(key.allowedAddresses, context.address)) return 'address_refused';
  if (environments !== null && !environments.includes(key.environment)) {
    return 'key_of_other_environment';
  }
  if (context.projectId !== null && context.projectId !== key.projectId) return 'key_of_other_project';
  if (key.state === 'quarantined' && !context.isRead) return 'key_quarantined';
  for (const scope of context.scopesNeeded) if (!key.scopes.includes(scope)) return 'scope_missing';
  if (context.permissions !== null && !holdsPermissions(context.permissions, key.scopes)) return 'scope_missing';
  return key.uses === 'exhausted' ? 'uses_exhausted' : undefined;
}
