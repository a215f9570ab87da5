import type { Origin } from '../origin.js';

/** What can be read in the audit log. */
export type AuditAction =
  | 'account.created'
  | 'account.disabled'
  | 'account.enabled'
  | 'account.looked_up'
  | 'email.change_asked'
  | 'email.changed'
  | 'email.restored'
  | 'identity.linked'
  | 'identity.unlinked'
  | 'installation.claimed'
  | 'organization.created'
  | 'organization.standing_set'
  | 'organization.security_set'
  | 'password.changed'
  | 'password.closed'
  | 'password.refused'
  | 'password.reset'
  | 'password.reset_asked'
  | 'password.reset_by_operator'
  | 'project.created'
  | 'session.started'
  | 'session.ended'
  | 'member.invited'
  | 'invitation.withdrawn'
  | 'member.joined'
  | 'member.changed'
  | 'member.removed'
  | 'passkey.added'
  | 'passkey.removed'
  | 'second_factor.enabled'
  | 'second_factor.replaced'
  | 'second_factor.disabled'
  | 'second_factor.refused'
  | 'second_factor.attempts_used_up'
  | 'backup_codes.renewed'
  | 'backup_code.used'
  | 'recovery.requested'
  | 'recovery.approved'
  | 'recovery.refused'
  | 'recovery.cancelled'
  | 'recovery.completed'
  | 'recovery.on_server'
  | 'signing_keys.rotated'
  | 'tokens.issued'
  | 'tokens.refreshed'
  | 'refresh_token.reused';

/** Who did what to what, where and when, at which request. Never holds a secret. */
export interface AuditEntry {
  readonly action: AuditAction;
  /** The account; or the id of the management key that acted. Null: the installation itself. */
  readonly actorAccountId: string | null;
  readonly organizationId: string | null;
  /** Identifier of what was changed. */
  readonly target: string;
  readonly origin: Origin;
  readonly atMs: number;
}
