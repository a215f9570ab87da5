import type { AuditEntryView, AuditQuery } from '@gatehouse/contracts/audit';
import { auditParameters } from '@gatehouse/contracts/audit-place';
import type { DataSource } from 'typeorm';

interface AuditRow {
  readonly id: string;
  readonly at: Date;
  readonly action: string;
  readonly account_id: string;
  readonly role: string;
  readonly address: string;
  readonly request_id: string;
  readonly key_id: string;
  readonly detail: Record<string, unknown>;
}

/** What this service's log says of an organization, newest first. */
export async function auditLogOf(dataSource: DataSource, query: AuditQuery): Promise<AuditEntryView[]> {
  const rows: AuditRow[] = await dataSource.query(
    `SELECT id::text, at, action, account_id, role, address, request_id, key_id, detail FROM audit_entries AS e
     WHERE organization_id = $1
       AND ($2::text IS NULL OR action = $2)
       AND ($3::text IS NULL OR account_id = $3)
       AND ($4::text IS NULL OR key_id = $4)
       AND ($5::timestamptz IS NULL OR at >= $5)
       AND ($6::timestamptz IS NULL OR at < $6)
       AND ($7::timestamptz IS NULL OR at < $7 OR (at = $7 AND ($8 OR e.id < $9::bigint)))
     ORDER BY at DESC, e.id DESC LIMIT $10`,
    [...auditParameters('keys', query, '0')],
  );
  return rows.map((row) => ({
    atMs: row.at.getTime(),
    source: 'keys',
    id: row.id,
    action: row.action,
    actor: row.account_id,
    target: row.key_id,
    address: row.address,
    requestId: row.request_id,
    detail: { ...row.detail, role: row.role },
  }));
}
