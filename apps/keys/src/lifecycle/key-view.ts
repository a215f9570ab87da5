import type { KeyView } from '@gatehouse/contracts/keys';
import { effectiveState } from '@gatehouse/key-domain/effective-state';
import type { KeyRecord } from './key-record.js';

/** A key as the management API shows it at this moment. */
export function keyView(key: KeyRecord, nowMs: number): KeyView {
  return {
    id: key.keyId,
    display: key.display,
    name: key.name,
    api: key.api,
    organizationId: key.organizationId,
    projectId: key.projectId,
    environment: key.environment,
    scopes: [...key.scopes],
    state: effectiveState(key, nowMs),
    metadata: { ...key.metadata },
    createdAt: iso(key.createdAtMs),
    createdBy: key.createdBy,
    expiresAt: key.expiresAtMs === null ? null : iso(key.expiresAtMs),
    revokedAt: key.revokedAtMs === null ? null : iso(key.revokedAtMs),
    revocationReason: key.revocationReason,
  };
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
