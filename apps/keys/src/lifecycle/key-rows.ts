import type { Quotas } from '@gatehouse/contracts/keys';
import type { LastUse } from '../usage/last-use.js';
import type { KeyRecord } from './key-record.js';

/** One key with its secrets, as `SELECT_KEYS` reads it. Numbers of PostgreSQL's bigint come as text. */
export interface KeyRow {
  readonly id: string;
  readonly revision: number;
  readonly api: string;
  readonly organization_id: string;
  readonly project_id: string;
  readonly environment: string;
  readonly name: string;
  readonly metadata: Record<string, string>;
  readonly scopes: string[];
  readonly state: KeyRecord['state'];
  readonly allowed_addresses: string[];
  readonly limits: Quotas | null;
  readonly remaining_uses: string | null;
  readonly expires_at: Date | null;
  readonly created_at: Date;
  readonly created_by: string;
  readonly created_by_role: string;
  readonly revoked_at: Date | null;
  readonly revocation_reason: string | null;
  readonly deleted_at: Date | null;
  readonly generation: number;
  readonly display: string;
  readonly secret_created_at: Date;
  readonly old_generation: number | null;
  readonly old_display: string | null;
  readonly old_created_at: Date | null;
  readonly old_ends_at: Date | null;
  readonly last_generation: number;
  readonly used_at: Date | null;
  readonly used_address: string | null;
  readonly used_user_agent: string | null;
  readonly used_route: string | null;
}

/**
 * Reads keys with their current secret, of those that have an end the one that ends last, and their last use; WHERE is the
 * caller's.
 */
export const SELECT_KEYS = selectKeys('api_keys');

/** The same of a part of the table: what belongs to a key is looked for only where `source` gives its row. */
export function selectKeys(source: string): string {
  return `
  SELECT k.*, s.generation, s.display, s.created_at AS secret_created_at,
    old.generation AS old_generation, old.display AS old_display, old.created_at AS old_created_at,
    old.ends_at AS old_ends_at, greatest(s.generation, old.last) AS last_generation,
    u.at AS used_at, u.address AS used_address, u.user_agent AS used_user_agent, u.route AS used_route
  FROM ${source} k
  JOIN key_secrets s ON s.key_id = k.id AND s.ends_at IS NULL
  LEFT JOIN LATERAL (
    SELECT generation, display, created_at, ends_at, max(generation) OVER () AS last
    FROM key_secrets WHERE key_id = k.id AND ends_at IS NOT NULL ORDER BY ends_at DESC, generation DESC LIMIT 1
  ) old ON true
  LEFT JOIN key_uses u ON u.key_id = k.id`;
}

export function recordOf(row: KeyRow): KeyRecord {
  const current = { generation: row.generation, display: row.display, createdAtMs: row.secret_created_at.getTime() };
  return {
    keyId: row.id,
    revision: row.revision,
    api: row.api,
    organizationId: row.organization_id,
    projectId: row.project_id,
    environment: row.environment,
    name: row.name,
    metadata: row.metadata,
    scopes: row.scopes,
    state: row.state,
    allowedAddresses: row.allowed_addresses,
    limits: row.limits,
    remainingUses: row.remaining_uses === null ? null : Number(row.remaining_uses),
    expiresAtMs: row.expires_at?.getTime() ?? null,
    createdAtMs: row.created_at.getTime(),
    createdBy: row.created_by,
    creatorRole: row.created_by_role,
    revokedAtMs: row.revoked_at?.getTime() ?? null,
    revocationReason: row.revocation_reason,
    removedAtMs: row.deleted_at?.getTime() ?? null,
    secrets: { current, old: oldSecretOf(row), lastGeneration: row.last_generation },
    lastUse: lastUseOf(row),
  };
}

function lastUseOf(row: KeyRow): LastUse | null {
  if (row.used_at === null) return null;
  return {
    atMs: row.used_at.getTime(),
    address: row.used_address ?? '',
    userAgent: row.used_user_agent ?? '',
    route: row.used_route ?? '',
  };
}

function oldSecretOf(row: KeyRow): KeyRecord['secrets']['old'] {
  if (row.old_ends_at === null || row.old_generation === null || row.old_created_at === null) return null;
  return {
    generation: row.old_generation,
    display: row.old_display ?? '',
    createdAtMs: row.old_created_at.getTime(),
    endsAtMs: row.old_ends_at.getTime(),
  };
}

/** The columns of `api_keys` that a key fills. */
export function columnsOf(key: KeyRecord) {
  return {
    id: key.keyId,
    organizationId: key.organizationId,
    projectId: key.projectId,
    api: key.api,
    environment: key.environment,
    createdAt: new Date(key.createdAtMs),
    createdBy: key.createdBy,
    creatorRole: key.creatorRole,
    ...changeableColumnsOf(key),
  };
}

/** Those that a change may write; whose a key is never changes. */
export function changeableColumnsOf(key: KeyRecord) {
  return {
    name: key.name,
    scopes: [...key.scopes],
    state: key.state,
    revision: key.revision,
    metadata: { ...key.metadata },
    allowedAddresses: [...key.allowedAddresses],
    limits: key.limits,
    remainingUses: key.remainingUses,
    expiresAt: dateOf(key.expiresAtMs),
    revokedAt: dateOf(key.revokedAtMs),
    revocationReason: key.revocationReason,
    removedAt: dateOf(key.removedAtMs),
  };
}

function dateOf(unixMs: number | null): Date | null {
  return unixMs === null ? null : new Date(unixMs);
}
