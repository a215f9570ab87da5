import { type AuditPlace, type AuditQuery, type AuditSource, auditSourceSchema } from './audit.js';

/** What one service has to look for, so that the pages of the one log of both leave nothing out and repeat nothing. */
export type AuditBound =
  | { readonly kind: 'all' }
  /** Entries of that moment and earlier. */
  | { readonly kind: 'until'; readonly atMs: number }
  /** Entries before that moment. */
  | { readonly kind: 'before'; readonly atMs: number }
  /** Entries before that moment, and those of the moment itself whose id is smaller. */
  | { readonly kind: 'after_entry'; readonly atMs: number; readonly id: string };

/** Where a service's own entries go on after a place, in the order newest first, then `identity` before `keys`. */
export function auditBound(source: AuditSource, after: AuditPlace | undefined): AuditBound {
  if (after === undefined) return { kind: 'all' };
  const { atMs, id } = after;
  if (source === after.source) return { kind: 'after_entry', atMs, id };
  return source > after.source ? { kind: 'until', atMs } : { kind: 'before', atMs };
}

/** The values for `$1` to `$10` of the statement by which a service reads its own log. Null: that part is not asked for. */
export type AuditParameters = readonly [
  organizationId: string,
  action: string | null,
  by: string | null,
  target: string | null,
  since: Date | null,
  until: Date | null,
  bound: Date | null,
  withBound: boolean,
  beforeId: string,
  limit: number,
];

/** What the statement of a service is given. @param lowestId an id that no entry of this service is below */
export function auditParameters(source: AuditSource, query: AuditQuery, lowestId: string): AuditParameters {
  const { actor, action, by, target, sinceMs, untilMs, after, limit } = query;
  const bound = auditBound(source, after);
  return [
    actor.organizationId,
    action ?? null,
    by ?? null,
    target ?? null,
    dateOf(sinceMs),
    dateOf(untilMs),
    bound.kind === 'all' ? null : new Date(bound.atMs),
    bound.kind === 'until',
    bound.kind === 'after_entry' ? bound.id : lowestId,
    limit,
  ];
}

/** Writes a place as an opaque text. It needs no seal: whoever makes one up gets entries of the own organization all the same. */
export function writeAuditCursor({ atMs, source, id }: AuditPlace): string {
  return Buffer.from(`${atMs}.${source}.${id}`, 'latin1').toString('base64url');
}

/** Reads a cursor back; undefined where it is none. */
export function readAuditCursor(cursor: string): AuditPlace | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, at = '', source = '', id = ''] = /^(\d{1,15})\.([a-z]{1,16})\.(\w{1,64})$/.exec(text) ?? [];
  const known = auditSourceSchema.safeParse(source);
  if (!known.success || Number(at) > 253_402_300_799_999) return undefined;
  if (known.data === 'keys' && !/^\d{1,18}$/.test(id)) return undefined;
  return { atMs: Number(at), source: known.data, id };
}

/** Brings the newest entries of both logs into one page. @param each as the services answered: newest first */
export function mergeAudit<Entry extends AuditPlace>(
  logs: readonly (readonly Entry[])[],
  limit: number,
): { readonly page: readonly Entry[]; readonly next: Entry | undefined } {
  const all = logs
    .flat()
    .sort(
      (one, other) => other.atMs - one.atMs || (one.source < other.source ? -1 : one.source > other.source ? 1 : 0),
    );
  const page = all.slice(0, limit);
  return { page, next: all.length > limit ? page.at(-1) : undefined };
}

function dateOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}
