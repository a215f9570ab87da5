import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Changes that are about to be made and that some holder has not heard of: renewals tell of them. Replicas of a version
 * that does not learn of them so enter themselves without saying that they do.
 */
export class EnterAnnouncements1765000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE announced_changes (
        change_id text PRIMARY KEY,
        ids text[] NOT NULL,
        at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
      )`);
    await runner.query('ALTER TABLE lease_holders ADD COLUMN learns_announced boolean NOT NULL DEFAULT false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE lease_holders DROP COLUMN learns_announced');
    await runner.query('DROP TABLE announced_changes');
  }
}
