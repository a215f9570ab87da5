import type { Actor } from '@gatehouse/contracts/actor';
import type { EntityManager } from 'typeorm';
import type { AuditAction } from './audit-action.js';

/** What happened to a key; who did it is the actor's to say. */
export interface AuditEntry {
  readonly atMs: number;
  readonly action: AuditAction;
  /** The key, the organization that decides about keys, or the import that made them. */
  readonly keyId: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Writes an audit row in the transaction of the change itself: there is never one without the other. */
export async function writeAudit(manager: EntityManager, actor: Actor, entry: AuditEntry): Promise<void> {
  await manager.query(
    `INSERT INTO audit_entries (at, action, organization_id, account_id, role, address, request_id, key_id, detail)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      new Date(entry.atMs),
      entry.action,
      actor.organizationId,
      actor.accountId,
      actor.role,
      actor.address,
      actor.requestId,
      entry.keyId,
      JSON.stringify(entry.detail),
    ],
  );
}
