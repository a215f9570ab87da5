import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Invitations into organizations. Their tokens are among the one-time tokens. */
export class InviteMembers1764650000000 implements MigrationInterface {
  name = 'InviteMembers1764650000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE invitations (
        id text PRIMARY KEY,
        organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        email text NOT NULL,
        email_lookup text NOT NULL,
        role text NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'viewer')),
        invited_by text NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        accepted_at timestamptz,
        withdrawn_at timestamptz
      )`);
    await runner.query('CREATE INDEX invitations_of_organization ON invitations (organization_id, created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE invitations');
  }
}
