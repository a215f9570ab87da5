import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What organizations are told about their keys. */
export class TellOrganizations1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE notices (
        id text PRIMARY KEY CHECK (id ~ '^ntc_[0-9A-Za-z]{22}$'),
        organization_id text NOT NULL,
        at timestamptz(3) NOT NULL,
        kind text NOT NULL,
        key_id text REFERENCES api_keys (id),
        source text NOT NULL,
        detail jsonb NOT NULL,
        read_at timestamptz(3)
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX notices_told_once ON notices (organization_id, kind, coalesce(key_id, ''), source)`,
    );
    await runner.query('CREATE INDEX notices_listed ON notices (organization_id, at DESC, id DESC)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE notices');
  }
}
