import type { DataSource, EntityManager } from 'typeorm';
import { type NewNotice, type Notice, newNoticeId } from './notice.js';
import type { NoticePlace } from './notice-place.js';

interface NoticeRow {
  readonly id: string;
  readonly organization_id: string;
  readonly at: Date;
  readonly kind: string;
  readonly key_id: string | null;
  readonly detail: Record<string, string>;
  readonly read_at: Date | null;
}

const COLUMNS = 'id, organization_id, at, kind, key_id, detail, read_at';

/**
 * Adds notices in the transaction of what they are about.
 * @returns those that were not told before.
 */
export async function addNotices<Added extends NewNotice>(
  manager: EntityManager,
  notices: readonly Added[],
  nowMs: number,
): Promise<Added[]> {
  if (notices.length === 0) return [];
  const rows = notices.map(({ organizationId, kind, keyId, source, detail }) => ({
    id: newNoticeId(),
    organization_id: organizationId,
    kind,
    key_id: keyId,
    source,
    detail,
  }));
  const added: { id: string }[] = await manager.query(
    `INSERT INTO notices (id, organization_id, at, kind, key_id, source, detail)
     SELECT id, organization_id, $2, kind, key_id, source, detail
     FROM jsonb_to_recordset($1) AS told
       (id text, organization_id text, kind text, key_id text, source text, detail jsonb)
     ON CONFLICT DO NOTHING RETURNING id`,
    [JSON.stringify(rows), new Date(nowMs)],
  );
  const ids = new Set(added.map(({ id }) => id));
  return notices.filter((_, place) => ids.has(rows[place]?.id ?? ''));
}

/** Each notice locks the row of its key: in one order, no two transactions wait for each other. */
export function inOrderOfKeys<One extends NewNotice>(notices: readonly One[]): One[] {
  return [...notices].sort((a, b) => ((a.keyId ?? '') < (b.keyId ?? '') ? -1 : 1));
}

/** What an organization was told. Every method throws when it fails. */
export class NoticesStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first, `limit` at most, from after a place on. */
  async list(
    organizationId: string,
    unreadOnly: boolean,
    after: NoticePlace | undefined,
    limit: number,
  ): Promise<Notice[]> {
    const rows: NoticeRow[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM notices
       WHERE organization_id = $1 AND (read_at IS NULL OR NOT $2)
         AND ($3::timestamptz IS NULL OR (at, id) < ($3, $4))
       ORDER BY at DESC, id DESC LIMIT $5`,
      [organizationId, unreadOnly, after === undefined ? null : new Date(after.atMs), after?.id ?? '', limit],
    );
    return rows.map(noticeOf);
  }

  /** Marks a notice as read; the first moment stays. @returns undefined where the organization has none of this id. */
  async read(organizationId: string, id: string, nowMs: number): Promise<Notice | undefined> {
    const [rows]: [NoticeRow[], number] = await this.dataSource.query(
      `UPDATE notices SET read_at = coalesce(read_at, $3) WHERE organization_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
      [organizationId, id, new Date(nowMs)],
    );
    return rows[0] && noticeOf(rows[0]);
  }
}

function noticeOf(row: NoticeRow): Notice {
  return {
    id: row.id,
    organizationId: row.organization_id,
    atMs: row.at.getTime(),
    kind: row.kind,
    keyId: row.key_id,
    detail: row.detail,
    readAtMs: row.read_at?.getTime() ?? null,
  };
}
