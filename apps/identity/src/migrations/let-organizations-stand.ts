import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Organizations get quotas of their own, and can be suspended. */
export class LetOrganizationsStand1764100000000 implements MigrationInterface {
  name = 'LetOrganizationsStand1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE organizations ADD COLUMN limits jsonb, ADD COLUMN suspended_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE organizations DROP COLUMN limits, DROP COLUMN suspended_at');
  }
}
