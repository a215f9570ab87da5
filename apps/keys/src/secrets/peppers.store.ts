import type { DataSource } from 'typeorm';
import type { PeppersSeen, ReplicasSeen, SecretsUnderPepper } from './judge-peppers.js';
import { markOf, type Peppers } from './peppers.js';

/** A replica that has not renewed its lease for this long is none any more. */
const RECENT_SECONDS = 5;

/** Counting reads every secret where there is much to count; it is in nobody's way. */
const COUNT_DEADLINE_MS = 60_000;

/** Whether a request can be accepted with a secret; `$1` is now. */
const USABLE = `(k.state <> 'revoked' AND (k.expires_at IS NULL OR k.expires_at > $1)
                 AND (s.ends_at IS NULL OR s.ends_at > $1))`;

interface CountRow {
  readonly version: number;
  readonly usable: string;
  readonly ended: string;
}

/** What PostgreSQL knows of peppers: their marks, the secrets under each, the replicas that have them. */
export class PeppersStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Enters the marks of peppers that are new here, and compares those that are not. */
  async compare({ all }: Peppers, nowMs: number): Promise<PeppersSeen> {
    const marks = [all.map(({ version }) => version), all.map(markOf)];
    await this.dataSource.query(
      `INSERT INTO key_peppers (version, mark) SELECT * FROM unnest($1::smallint[], $2::bytea[]) ON CONFLICT DO NOTHING`,
      marks,
    );
    const contradicted: { version: number }[] = await this.dataSource.query(
      `SELECT known.version FROM key_peppers known
       JOIN unnest($1::smallint[], $2::bytea[]) AS ours (version, mark) ON ours.version = known.version
       WHERE known.mark <> ours.mark ORDER BY 1`,
      marks,
    );
    const stored = await this.versions();
    const missing = stored.filter((version) => all.every((pepper) => pepper.version !== version));
    return {
      contradicted: contradicted.map(({ version }) => version),
      missing: missing.length === 0 ? [] : await this.count(nowMs, missing),
    };
  }

  /** Looks at the replicas that run now, by their places among the lease holders. */
  async replicas({ current, all }: Peppers): Promise<ReplicasSeen> {
    const [row]: { without_ours: number; unknown: number[] | null }[] = await this.dataSource.query(
      `SELECT count(*) FILTER (WHERE NOT $1::smallint = ANY(pepper_versions))::int AS without_ours,
         array_agg(DISTINCT pepper_versions[1]) FILTER (WHERE NOT pepper_versions[1] = ANY($2::smallint[])) AS unknown
       FROM lease_holders WHERE kind = 'keys' AND renewed_at > clock_timestamp() - make_interval(secs => $3)`,
      [current.version, all.map(({ version }) => version), RECENT_SECONDS],
    );
    return { withoutOurs: row?.without_ours ?? 0, unknownToUs: row?.unknown ?? [] };
  }

  /** How many secrets are stored under each pepper, or each of these. */
  count(nowMs: number, versions?: readonly number[]): Promise<readonly SecretsUnderPepper[]> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query(`SET LOCAL statement_timeout = ${COUNT_DEADLINE_MS}`);
      const rows: CountRow[] = await manager.query(
        `SELECT s.pepper_version AS version, count(*) FILTER (WHERE ${USABLE}) AS usable,
           count(*) FILTER (WHERE NOT ${USABLE}) AS ended
         FROM key_secrets s JOIN api_keys k ON k.id = s.key_id
         WHERE $2::smallint[] IS NULL OR s.pepper_version = ANY($2) GROUP BY 1 ORDER BY 1`,
        [new Date(nowMs), versions ?? null],
      );
      return rows.map(({ version, usable, ended }) => ({ version, usable: Number(usable), ended: Number(ended) }));
    });
  }

  /** The peppers that secrets are stored under; one step in the index for each, however many secrets there are. */
  private async versions(): Promise<number[]> {
    const rows: { version: number }[] = await this.dataSource.query(
      `WITH RECURSIVE found AS (
         SELECT min(pepper_version) AS version FROM key_secrets
         UNION ALL
         SELECT (SELECT min(pepper_version) FROM key_secrets WHERE pepper_version > found.version)
         FROM found WHERE found.version IS NOT NULL)
       SELECT version FROM found WHERE version IS NOT NULL`,
    );
    return rows.map(({ version }) => version);
  }
}
