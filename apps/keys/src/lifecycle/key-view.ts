import type { Api } from '@gatehouse/catalog/api';
import type { KeyView } from '@gatehouse/contracts/keys';
import { effectiveState } from '@gatehouse/key-domain/effective-state';
import type { SecretUse } from '../usage/secret-use.js';
import { lastUsedView, secretUsageView } from '../usage/usage-view.js';
import type { KeyRecord } from './key-record.js';

const DAY_MS = 86_400_000;

/** A key as the management API shows it at this moment. @param api undefined: it is no longer published. */
export function keyView(key: KeyRecord, api: Api | undefined, nowMs: number): KeyView {
  return {
    id: key.keyId,
    display: key.secrets.current.display,
    name: key.name,
    api: key.api,
    organizationId: key.organizationId,
    projectId: key.projectId,
    environment: key.environment,
    scopes: [...key.scopes],
    state: effectiveState(key, nowMs),
    metadata: { ...key.metadata },
    allowedAddresses: [...key.allowedAddresses],
    limits: key.limits,
    remainingUses: key.remainingUses,
    createdAt: iso(key.createdAtMs),
    createdBy: key.createdBy,
    createdByRole: key.creatorRole,
    expiresAt: key.expiresAtMs === null ? null : iso(key.expiresAtMs),
    revokedAt: key.revokedAtMs === null ? null : iso(key.revokedAtMs),
    revocationReason: key.revocationReason,
    rotation: rotationView(key, nowMs),
    rotationDue: isRotationDue(key, api, nowMs),
    lastUsed: lastUsedView(key.lastUse),
  };
}

/** Says of a key under rotation who still uses its old secret. */
export function withOldSecret(view: KeyView, use: SecretUse): KeyView {
  const { rotation } = view;
  return rotation === null ? view : { ...view, rotation: { ...rotation, oldSecret: secretUsageView(use) } };
}

function rotationView({ secrets }: KeyRecord, nowMs: number): KeyView['rotation'] {
  const { current, old } = secrets;
  if (old === null || old.endsAtMs <= nowMs) return null;
  return {
    startedAt: iso(current.createdAtMs),
    graceUntil: iso(old.endsAtMs),
    oldDisplay: old.display,
    oldGeneration: old.generation,
  };
}

/** Whether the secret is older than the profile wants secrets to be, and still good for something [G10]. */
function isRotationDue(key: KeyRecord, api: Api | undefined, nowMs: number): boolean {
  const days = api?.profile.rotation.remindAfterDays ?? null;
  if (days === null || ['revoked', 'expired'].includes(effectiveState(key, nowMs))) return false;
  return nowMs - key.secrets.current.createdAtMs >= days * DAY_MS;
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
