import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a rotation of the pepper needs: which secrets are under which, which pepper a number stands for, who has which. */
export class NumberPeppers1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX key_secrets_by_pepper ON key_secrets (pepper_version)');
    await runner.query(`
      CREATE TABLE key_peppers (
        version smallint PRIMARY KEY CHECK (version > 0),
        mark bytea NOT NULL CHECK (octet_length(mark) = 32)
      )`);
    // The one that new secrets are sealed under first.
    await runner.query("ALTER TABLE lease_holders ADD COLUMN pepper_versions smallint[] NOT NULL DEFAULT '{1}'");
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE lease_holders DROP COLUMN pepper_versions');
    await runner.query('DROP TABLE key_peppers');
    await runner.query('DROP INDEX key_secrets_by_pepper');
  }
}
