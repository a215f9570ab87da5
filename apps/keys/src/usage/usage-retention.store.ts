import type { DataSource } from 'typeorm';

const DAY_MS = 86_400_000;

/** How long each kind of usage is kept, and how many rows the request log of one key has at most. */
export const USAGE_KEPT = { logDays: 30, loggedOfKey: 10_000, countsDays: 400, reportIdsMs: DAY_MS } as const;

/** Rows that go with one statement: each of them holds its locks briefly. */
const BATCH = 2_000;
/** Statements of one kind in one sweep; what is left goes with the next. */
const BATCHES_MAX = 100;

/**
 * Deletes usage that is too old, or too much. Several replicas may sweep at once: rows are found by their places, so all
 * take them in one order, and what is gone already is passed over.
 */
export class UsageRetentionStore {
  constructor(private readonly dataSource: DataSource) {}

  async sweep(nowMs: number, kept: Readonly<Record<keyof typeof USAGE_KEPT, number>> = USAGE_KEPT): Promise<void> {
    const countsFrom = new Date(nowMs - kept.countsDays * DAY_MS);
    await this.repeat(() => this.deleteOlder('usage_requests', 'at', new Date(nowMs - kept.logDays * DAY_MS)));
    await this.repeat(() => this.shortenOneLog(kept.loggedOfKey));
    await this.repeat(() => this.deleteOlder('usage_hours', 'hour', countsFrom));
    await this.repeat(() => this.deleteOlder('usage_scopes', 'day', countsFrom));
    await this.repeat(() => this.deleteOlder('usage_reports', 'at', new Date(nowMs - kept.reportIdsMs)));
  }

  /** @param deleteSome tells whether there may be more. */
  private async repeat(deleteSome: () => Promise<boolean>): Promise<void> {
    for (let batch = 0; batch < BATCHES_MAX; batch++) if (!(await deleteSome())) return;
  }

  private async deleteOlder(table: string, column: string, before: Date): Promise<boolean> {
    const [, deleted]: [unknown, number] = await this.dataSource.query(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${column} < $1 ORDER BY ${column} LIMIT ${BATCH}))`,
      [before],
    );
    return deleted === BATCH;
  }

  /**
   * Takes the oldest rows off one log that is too long. `logged` only grows between two counts, also where rows have
   * become too old meanwhile, so the log is counted here.
   */
  private shortenOneLog(rowsMax: number): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const [long]: { key_id: string }[] = await manager.query(
        'SELECT key_id FROM key_uses WHERE logged > $1 LIMIT 1 FOR UPDATE SKIP LOCKED',
        [rowsMax],
      );
      if (long === undefined) return false;
      await manager.query(
        `DELETE FROM usage_requests WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM usage_requests WHERE key_id = $1
           ORDER BY at DESC, request_id DESC OFFSET $2 LIMIT ${BATCH}))`,
        [long.key_id, rowsMax],
      );
      await manager.query(
        `UPDATE key_uses SET logged = (SELECT count(*) FROM usage_requests WHERE key_id = $1) WHERE key_id = $1`,
        [long.key_id],
      );
      return true;
    });
  }
}
