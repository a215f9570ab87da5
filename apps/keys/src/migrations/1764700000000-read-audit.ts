import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The audit log is read by moment. */
export class ReadAudit1764700000000 implements MigrationInterface {
  name = 'ReadAudit1764700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX audit_entries_listed');
    await runner.query('CREATE INDEX audit_entries_listed ON audit_entries (organization_id, at, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX audit_entries_listed');
    await runner.query('CREATE INDEX audit_entries_listed ON audit_entries (organization_id, id)');
  }
}
