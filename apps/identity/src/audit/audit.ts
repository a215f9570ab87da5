import type { Origin } from '../origin.js';

/** What can be read in the audit log. */
export type AuditAction =
  | 'installation.claimed'
  | 'organization.created'
  | 'project.created'
  | 'session.started'
  | 'session.ended';

/** Who did what to what, where and when, at which request. Never holds a secret. */
export interface AuditEntry {
  readonly action: AuditAction;
  /** Null: the installation itself. */
  readonly actorAccountId: string | null;
  readonly organizationId: string | null;
  /** Identifier of what was changed. */
  readonly target: string;
  readonly origin: Origin;
  readonly atMs: number;
}
