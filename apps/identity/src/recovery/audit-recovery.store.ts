import type { EntityManager } from 'typeorm';
import type { AuditAction } from '../audit/audit.js';
import { recordAudit } from '../audit/audit.store.js';
import type { Origin } from '../origin.js';

/** Writes down what became of a recovery, in the transaction of that. */
export async function auditRecovery(
  manager: EntityManager,
  action: AuditAction,
  recovery: { readonly id: string },
  actorAccountId: string,
  origin: Origin,
  nowMs: number,
): Promise<void> {
  await recordAudit(manager, [
    { action, actorAccountId, organizationId: null, target: recovery.id, origin, atMs: nowMs },
  ]);
}
