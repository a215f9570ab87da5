import type { Membership, projectViewSchema } from '@gatehouse/contracts/identity';
import type { KeyView } from '@gatehouse/contracts/keys';
import type { z } from 'zod';

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
    created_at: key.createdAt,
    created_by: key.createdBy,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    revocation_reason: key.revocationReason,
  };
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
