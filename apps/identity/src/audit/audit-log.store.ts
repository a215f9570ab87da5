import type { AuditEntryView, AuditQuery } from '@gatehouse/contracts/audit';
import { auditParameters } from '@gatehouse/contracts/audit-place';
import type { EntityManager } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';

interface AuditRow {
  id: string;
  at: Date;
  action: string;
  actor_account_id: string | null;
  target: string;
  address: string;
  user_agent: string;
  request_id: string;
}

/** What this service's log says of an organization, newest first. */
export async function auditLogOf(manager: EntityManager, query: AuditQuery): Promise<AuditEntryView[]> {
  const rows = await rowsOf<AuditRow>(
    manager,
    `SELECT id, at, action, actor_account_id, target, address, user_agent, request_id FROM audit_events
     WHERE organization_id = $1
       AND ($2::text IS NULL OR action = $2)
       AND ($3::text IS NULL OR actor_account_id = $3)
       AND ($4::text IS NULL OR target = $4)
       AND ($5::timestamptz IS NULL OR at >= $5)
       AND ($6::timestamptz IS NULL OR at < $6)
       AND ($7::timestamptz IS NULL OR at < $7 OR (at = $7 AND ($8 OR id < $9)))
     ORDER BY at DESC, id DESC LIMIT $10`,
    [...auditParameters('identity', query, '')],
  );
  return rows.map((row) => ({
    atMs: row.at.getTime(),
    source: 'identity',
    id: row.id,
    action: row.action,
    actor: row.actor_account_id,
    target: row.target,
    address: row.address,
    requestId: row.request_id,
    detail: { user_agent: row.user_agent },
  }));
}
