import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Identities at providers, and the round trips to them that are under way. */
export class LinkIdentities1764610000000 implements MigrationInterface {
  name = 'LinkIdentities1764610000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE federation_round_trips');
    await runner.query('DROP TABLE unlinked_identities');
    await runner.query('DROP TABLE federated_identities');
  }
}

const STATEMENTS = [
  `CREATE TABLE federated_identities (
    id text PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    provider text NOT NULL CHECK (provider IN ('github', 'sso')),
    issuer text NOT NULL,
    subject text NOT NULL,
    email text,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    UNIQUE (provider, issuer, subject)
  )`,
  'CREATE INDEX federated_identities_of_account ON federated_identities (account_id)',
  `CREATE TABLE unlinked_identities (
    account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    provider text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    unlinked_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, provider, issuer, subject)
  )`,
  `CREATE TABLE federation_round_trips (
    state_hash bytea PRIMARY KEY,
    browser_hash bytea NOT NULL,
    provider text NOT NULL,
    sealed bytea NOT NULL,
    link_account_id text REFERENCES accounts (id) ON DELETE CASCADE,
    link_session_id text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
  )`,
  'CREATE INDEX federation_round_trips_by_end ON federation_round_trips (expires_at)',
];
