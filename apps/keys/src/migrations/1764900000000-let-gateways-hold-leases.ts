import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Gateways are told of changes under another subject than replicas of keys, and after them. */
export class LetGatewaysHoldLeases1764900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE lease_holders ADD COLUMN kind text NOT NULL DEFAULT 'keys' CHECK (kind IN ('keys', 'gateway'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE lease_holders DROP COLUMN kind');
  }
}
