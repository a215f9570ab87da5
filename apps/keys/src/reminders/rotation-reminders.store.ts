import type { DataSource } from 'typeorm';
import { addNotices, inOrderOfKeys } from '../notices/notices.store.js';
import type { ReminderRule } from './reminder-rules.js';

interface DueRow {
  readonly key_id: string;
  readonly generation: number;
  readonly display: string;
  readonly created_at: Date;
  readonly organization_id: string;
  /** Whether it is a key of this API that is good for something. */
  readonly is_told: boolean;
}

const DAY_MS = 86_400_000;
const KEYS_AT_ONCE = 500;

const BEGIN = `INSERT INTO rotation_reminders (api, at, key_id) VALUES ($1, '-infinity', '') ON CONFLICT DO NOTHING`;
const TAKE = 'SELECT 1 FROM rotation_reminders WHERE api = $1 FOR UPDATE SKIP LOCKED';
const PROCEED = 'UPDATE rotation_reminders SET at = $2, key_id = $3 WHERE api = $1';

/** Parameters: the API, up to which moment of creation, the moment, how many. */
const DUE = `
WITH due AS MATERIALIZED (
  SELECT key_id, generation, display, created_at FROM key_secrets
  WHERE ends_at IS NULL AND created_at <= $2
    AND (created_at, key_id) > (SELECT at, key_id FROM rotation_reminders WHERE api = $1)
  ORDER BY created_at, key_id LIMIT $4
)
SELECT due.*, k.organization_id,
  k.api = $1 AND k.state <> 'revoked' AND (k.expires_at IS NULL OR k.expires_at > $3) AS is_told
FROM due JOIN api_keys k ON k.id = due.key_id ORDER BY due.created_at, due.key_id`;

/** Tells organizations which of their keys are older than the profile wants keys to be. */
export class RotationRemindersStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Goes on from where all replicas together have come. Each secret is looked at once, in the transaction of its notice, so
   * that nobody is told twice and no key is left out.
   * @returns whether there may be more at this moment
   */
  remind({ api, remindAfterDays }: ReminderRule, nowMs: number, keysAtOnce = KEYS_AT_ONCE): Promise<boolean> {
    const until = new Date(nowMs - remindAfterDays * DAY_MS);
    return this.dataSource.transaction(async (manager) => {
      await manager.query(BEGIN, [api]);
      const taken: unknown[] = await manager.query(TAKE, [api]);
      // Another replica is at it.
      if (taken.length === 0) return false;
      const due: DueRow[] = await manager.query(DUE, [api, until, new Date(nowMs), keysAtOnce]);
      const last = due.at(-1);
      if (last === undefined) return false;
      const notices = due
        .filter((row) => row.is_told)
        .map(({ organization_id: organizationId, key_id: keyId, generation, display, created_at: createdAt }) => ({
          organizationId,
          kind: 'key.rotation_due',
          keyId,
          source: `generation ${generation}`,
          detail: { api, display, created_at: createdAt.toISOString(), remind_after_days: String(remindAfterDays) },
        }));
      await manager.query(PROCEED, [api, last.created_at, last.key_id]);
      await addNotices(manager, inOrderOfKeys(notices), nowMs);
      return due.length === keysAtOnce;
    });
  }
}
