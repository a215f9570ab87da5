import type { ClosedOrganization, Membership, projectViewSchema } from '@gatehouse/contracts/identity';
import type { KeyView, SettlementView } from '@gatehouse/contracts/keys';
import type { z } from 'zod';
import { lastUsedJson, secretUsageJson } from './usage-json.js';

/** A key as the management API shows it. */
export function keyJson(key: KeyView) {
  return {
    id: key.id,
    display: key.display,
    name: key.name,
    api: key.api,
    project_id: key.projectId,
    organization_id: key.organizationId,
    environment: key.environment,
    scopes: key.scopes,
    state: key.state,
    metadata: key.metadata,
    allowed_ips: key.allowedAddresses,
    limits: key.limits,
    remaining_uses: key.remainingUses,
    created_at: key.createdAt,
    created_by: key.createdBy,
    created_by_role: key.createdByRole,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    revocation_reason: key.revocationReason,
    rotation: key.rotation && {
      started_at: key.rotation.startedAt,
      grace_until: key.rotation.graceUntil,
      old_display: key.rotation.oldDisplay,
      ...(key.rotation.oldSecret && { old_secret: secretUsageJson(key.rotation.oldSecret) }),
    },
    rotation_due: key.rotationDue,
    last_used: lastUsedJson(key.lastUsed),
  };
}

/** Why a revoke holds everywhere, as the management API says it. */
export function settlementJson({ heldAt, acknowledged, expired, listed }: SettlementView) {
  const holders = (settled: SettlementView['expired']) => settled.map(({ holderId, kind }) => ({ id: holderId, kind }));
  return { held_at: heldAt, acknowledged: holders(acknowledged), expired: holders(expired), listed };
}

/** A project as the management API shows it. */
export function projectJson(project: z.infer<typeof projectViewSchema>) {
  return {
    id: project.id,
    slug: project.slug,
    name: project.name,
    organization_id: project.organizationId,
    created_at: project.createdAt,
  };
}

/** A membership as its own account sees it. */
export function organizationJson(membership: Membership) {
  return {
    id: membership.organizationId,
    name: membership.organizationName,
    plan: membership.plan,
    role: membership.role,
  };
}

/** An organization that the session would have to show more for: what it wants. */
export function closedOrganizationJson(closed: ClosedOrganization) {
  return { id: closed.organizationId, name: closed.organizationName, wants: closed.wants };
}
