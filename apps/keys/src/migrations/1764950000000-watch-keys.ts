import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What is needed to point out old keys and strange callers: how far reminders have come for each API (all secrets up to a
 * moment, and at it up to a key), and since when each caller is known.
 */
export class WatchKeys1764950000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE rotation_reminders (
        api text PRIMARY KEY,
        at timestamptz(3) NOT NULL,
        key_id text NOT NULL
      )`);
    await runner.query('CREATE INDEX current_secrets_age ON key_secrets (created_at, key_id) WHERE ends_at IS NULL');
    await runner.query(`ALTER TABLE usage_callers ADD COLUMN first_at timestamptz(3) NOT NULL DEFAULT '-infinity'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE usage_callers DROP COLUMN first_at');
    await runner.query('DROP INDEX current_secrets_age');
    await runner.query('DROP TABLE rotation_reminders');
  }
}
