import type { Change } from '@gatehouse/lease/change-message';
import type { Renewal } from '@gatehouse/lease/lease-keeper';
import type { Pool, QueryResult, QueryResultRow } from 'pg';
import { within } from '../deadline.js';

/** Shorter than a lease: a renewal that takes longer is of no use any more. */
const DEADLINE_MS = 1_500;

/** More changes than these are not told one by one: whoever has missed so many begins anew. */
const CHANGES_TOLD_MAX = 10_000;

/** Who holds a lease: a replica of this service, or a gateway that verifies from its own memory. */
export type HolderKind = 'keys' | 'gateway';

/** A holder as a revoker sees it. `renewals` tells whether it has renewed since. */
export interface Holder {
  readonly holderId: string;
  readonly kind: HolderKind;
  readonly renewals: string;
  /** Whether its renewals tell it of changes that are about to be made. */
  readonly learnsAnnounced: boolean;
}

/** Leases and changes as PostgreSQL has them; sequence numbers are opaque texts here. Every method throws when it fails. */
export class HoldersStore {
  /**
   * @param kind of the holders that are entered, renewed and released; those of the other kind are left alone.
   * @param pepperVersions the peppers that this replica has, the one first that it seals under; others look at them.
   */
  constructor(
    private readonly pool: Pool,
    private readonly kind: HolderKind = 'keys',
    private readonly pepperVersions: readonly number[] = [1],
  ) {}

  /**
   * Enters a holder, or enters it anew. Waits for changes that are being numbered: what it loads afterwards is not of before
   * them.
   * @param learnsAnnounced see Holder.
   * @returns the number of the last change before.
   */
  async register(holderId: string, learnsAnnounced = true): Promise<string> {
    const [row] = await this.rows<{ applied_seq: string }>(
      'lease-register',
      `INSERT INTO lease_holders AS holder (holder_id, kind, applied_seq, renewals, renewed_at, pepper_versions, learns_announced)
       SELECT $1, $2, seq, 0, clock_timestamp(), $3, $4 FROM change_counter FOR SHARE
       ON CONFLICT (holder_id) DO UPDATE SET
         applied_seq = EXCLUDED.applied_seq, renewals = holder.renewals + 1, renewed_at = EXCLUDED.renewed_at,
         pepper_versions = EXCLUDED.pepper_versions, learns_announced = EXCLUDED.learns_announced
       WHERE holder.kind = EXCLUDED.kind
       RETURNING applied_seq`,
      [holderId, this.kind, this.pepperVersions, learnsAnnounced],
    );
    if (row === undefined) throw new Error('the change counter is missing, or the holder is of another kind');
    return row.applied_seq;
  }

  /**
   * Renews, and returns what has changed after `appliedSeq`, and what is about to change. One statement, so one snapshot: it
   * has the changes up to exactly the number that it returns. `appliedSeq` is what the holder has applied, not what the row says: the answer
   * to an earlier renewal may have been lost. A row that says more was entered by a registration that came late: changes
   * in between may have been forgotten, so the holder begins anew.
   */
  async renew(holderId: string, appliedSeq: string): Promise<Renewal> {
    const [row] = await this.rows<{
      seq: string;
      held: boolean;
      changed: string[] | null;
      announced: Change[] | null;
    }>(
      'lease-renew',
      `WITH renewed AS (
         UPDATE lease_holders SET applied_seq = $2, renewals = renewals + 1, renewed_at = clock_timestamp()
         WHERE holder_id = $1 AND kind = $3 AND applied_seq <= $2::bigint RETURNING 1)
       SELECT seq, EXISTS (SELECT 1 FROM renewed) AS held,
         (SELECT array_agg(key_id) FROM (
            SELECT key_id FROM key_changes WHERE key_changes.seq > $2::bigint LIMIT $4) AS told) AS changed,
         (SELECT json_agg(json_build_object('changeId', change_id, 'ids', ids)) FROM announced_changes) AS announced
       FROM change_counter`,
      [holderId, appliedSeq, this.kind, CHANGES_TOLD_MAX + 1],
    );
    if (row === undefined) throw new Error('the change counter is missing');
    const changedIds = row.changed ?? [];
    if (!row.held || changedIds.length > CHANGES_TOLD_MAX) return { kind: 'vanished' };
    return { kind: 'renewed', appliedSeq: row.seq, changedIds, announced: row.announced ?? [] };
  }

  async list(): Promise<Holder[]> {
    const rows = await this.rows<{ holder_id: string; kind: HolderKind; renewals: string; learns_announced: boolean }>(
      'lease-list',
      'SELECT holder_id, kind, renewals, learns_announced FROM lease_holders',
      [],
    );
    return rows.map((row) => ({
      holderId: row.holder_id,
      kind: row.kind,
      renewals: row.renewals,
      learnsAnnounced: row.learns_announced,
    }));
  }

  /** Removes a holder unless it has renewed since it was seen: its next renewal then finds nothing and starts afresh. */
  async removeSilent(holder: Holder): Promise<void> {
    await this.rows('lease-remove', 'DELETE FROM lease_holders WHERE holder_id = $1 AND renewals = $2', [
      holder.holderId,
      holder.renewals,
    ]);
  }

  /** A holder leaves: it has stopped using its lease. */
  async release(holderId: string): Promise<void> {
    await this.rows('lease-release', 'DELETE FROM lease_holders WHERE holder_id = $1 AND kind = $2', [
      holderId,
      this.kind,
    ]);
  }

  /** Enters a change that is about to be made: every renewal from now on tells of it. */
  async enterAnnouncement({ changeId, ids }: Change): Promise<void> {
    await this.rows('announcement-enter', 'INSERT INTO announced_changes (change_id, ids) VALUES ($1, $2)', [
      changeId,
      ids,
    ]);
  }

  /** Its change was made. @returns whether it was entered until now. */
  async endAnnouncement(changeId: string): Promise<boolean> {
    const ended = await this.rows(
      'announcement-end',
      'DELETE FROM announced_changes WHERE change_id = $1 RETURNING change_id',
      [changeId],
    );
    return ended.length > 0;
  }

  /** Forgets announcements that nothing came of; `endAnnouncement` says of one that was under way that it was gone. */
  async pruneAnnouncements(): Promise<void> {
    await this.rows(
      'announcement-prune',
      `DELETE FROM announced_changes WHERE at < clock_timestamp() - interval '1 minute'`,
      [],
    );
  }

  /** Forgets changes that every holder has applied. Whoever registers later starts empty and never asks for them. */
  async pruneChanges(): Promise<void> {
    await this.rows(
      'lease-prune',
      `DELETE FROM key_changes WHERE at < clock_timestamp() - interval '10 minutes'
       AND seq <= (SELECT min(applied_seq) FROM lease_holders)`,
      [],
    );
  }

  private async rows<Row extends QueryResultRow>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    // `query_timeout` gives the connection up, the deadline covers the wait for one.
    const query = { name, text, values, query_timeout: DEADLINE_MS };
    const result: QueryResult<Row> = await within(DEADLINE_MS, 'PostgreSQL', this.pool.query<Row>(query));
    return result.rows;
  }
}
