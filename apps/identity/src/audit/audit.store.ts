import type { EntityManager } from 'typeorm';
import { newId } from '../new-id.js';
import type { AuditEntry } from './audit.js';
import { AuditEventEntity } from './audit-event.entity.js';

/** Writes entries into the log. Called with the transaction of the change that they tell of: both stand or none. */
export async function recordAudit(manager: EntityManager, entries: readonly AuditEntry[]): Promise<void> {
  await manager.insert(
    AuditEventEntity,
    entries.map((entry) => ({
      id: newId('aud'),
      at: new Date(entry.atMs),
      action: entry.action,
      actorAccountId: entry.actorAccountId,
      organizationId: entry.organizationId,
      target: entry.target,
      address: entry.origin.address,
      userAgent: entry.origin.userAgent,
      requestId: entry.origin.requestId,
    })),
  );
}
