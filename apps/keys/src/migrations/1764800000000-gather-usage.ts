import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Uses that wait until they are counted: a row for each report, in columns as it came, so that storing one costs hardly
 * anything. Kept as they are: to compress them would cost more than all the rest.
 */
export class GatherUsage1764800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE usage_waiting (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        report_id text NOT NULL,
        at timestamptz(3) NOT NULL,
        shard smallint NOT NULL,
        uses integer NOT NULL,
        addresses text[] NOT NULL,
        user_agents text[] NOT NULL,
        routes text[] NOT NULL,
        scope_sets integer[] NOT NULL,
        scope_names text[] NOT NULL,
        key_ids text[] NOT NULL,
        generations integer[] NOT NULL,
        moments bigint[] NOT NULL,
        callers integer[] NOT NULL,
        scopes integer[] NOT NULL,
        costs bigint[] NOT NULL,
        refused boolean[] NOT NULL,
        logged boolean[] NOT NULL,
        log json NOT NULL
      )`);
    const columns = 'addresses user_agents routes scope_names key_ids generations moments callers scopes costs log';
    const external = columns.split(' ').map((column) => `ALTER COLUMN ${column} SET STORAGE EXTERNAL`);
    await runner.query(`ALTER TABLE usage_waiting ${external.join(', ')}`);
    await runner.query('CREATE INDEX usage_waiting_shards ON usage_waiting (shard, seq)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE usage_waiting');
  }
}
