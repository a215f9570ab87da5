import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions of programs that sign in for a person, with their refresh tokens; signing keys that are published before they sign. */
export class IssueTokens1764620000000 implements MigrationInterface {
  name = 'IssueTokens1764620000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE refresh_tokens');
    await runner.query('DROP TABLE grants');
    await runner.query(`DELETE FROM signing_keys WHERE state = 'next'`);
    await runner.query('DROP INDEX one_next_signing_key');
    await runner.query('ALTER TABLE signing_keys DROP COLUMN state_since, DROP CONSTRAINT signing_keys_state_check');
    await runner.query(
      `ALTER TABLE signing_keys ADD CONSTRAINT signing_keys_state_check CHECK (state IN ('current', 'retired'))`,
    );
  }
}

const STATEMENTS = [
  // One for each session that a program has: what the session is for. It ends with the session, and the session with it.
  `CREATE TABLE grants (
    session_id text PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    api text NOT NULL,
    client_id text NOT NULL,
    organization_id text,
    created_at timestamptz NOT NULL
  )`,
  // Spent ones stay as long as their grant, so that who comes with one again is found out.
  `CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id text NOT NULL REFERENCES grants (session_id) ON DELETE CASCADE,
    parent_hash bytea UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
  )`,
  'CREATE INDEX refresh_tokens_of_grant ON refresh_tokens (session_id)',
  'ALTER TABLE signing_keys ADD COLUMN state_since timestamptz NOT NULL DEFAULT now()',
  'UPDATE signing_keys SET state_since = created_at',
  'ALTER TABLE signing_keys DROP CONSTRAINT signing_keys_state_check',
  `ALTER TABLE signing_keys ADD CONSTRAINT signing_keys_state_check CHECK (state IN ('next', 'current', 'retired'))`,
  `CREATE UNIQUE INDEX one_next_signing_key ON signing_keys (state) WHERE state = 'next'`,
];
