import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Second factors, steps between a password and a session, one-time links, mail that waits to be sent. */
export class LetPeopleIn1764600000000 implements MigrationInterface {
  name = 'LetPeopleIn1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...TABLES].reverse()) await runner.query(`DROP TABLE ${table}`);
    await runner.query('ALTER TABLE organizations DROP COLUMN requires_second_factor, DROP COLUMN requires_sso');
    await runner.query('ALTER TABLE passwords DROP COLUMN disabled_at');
    await runner.query('ALTER TABLE sessions DROP COLUMN proofs, DROP COLUMN end_reason');
    await runner.query('ALTER TABLE accounts DROP COLUMN disabled_at, DROP COLUMN disabled_reason');
  }
}

const TABLES = ['sign_in_challenges', 'one_time_tokens', 'mails', 'totp_secrets', 'backup_codes', 'passkeys'];

const STATEMENTS = [
  'ALTER TABLE accounts ADD COLUMN disabled_at timestamptz, ADD COLUMN disabled_reason text',
  // What stood before was opened with a password and nothing else.
  `ALTER TABLE sessions ADD COLUMN proofs text[] NOT NULL DEFAULT '{password}', ADD COLUMN end_reason text`,
  'ALTER TABLE sessions ALTER COLUMN proofs DROP DEFAULT',
  'ALTER TABLE passwords ADD COLUMN disabled_at timestamptz',
  `ALTER TABLE organizations ADD COLUMN requires_second_factor boolean NOT NULL DEFAULT false,
     ADD COLUMN requires_sso boolean NOT NULL DEFAULT false`,
  `CREATE TABLE sign_in_challenges (
    id text PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    proofs text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    used_at timestamptz,
    address text NOT NULL,
    user_agent text NOT NULL,
    request_id text NOT NULL
  )`,
  'CREATE INDEX sign_in_challenges_by_end ON sign_in_challenges (expires_at)',
  'CREATE INDEX sign_in_challenges_of_account ON sign_in_challenges (account_id)',
  `CREATE TABLE one_time_tokens (
    token_hash bytea PRIMARY KEY,
    purpose text NOT NULL,
    account_id text REFERENCES accounts (id) ON DELETE CASCADE,
    subject text NOT NULL,
    sealed bytea,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
  )`,
  'CREATE INDEX one_time_tokens_by_end ON one_time_tokens (expires_at)',
  'CREATE INDEX one_time_tokens_of_subject ON one_time_tokens (purpose, subject)',
  `CREATE TABLE mails (
    id text PRIMARY KEY,
    account_id text REFERENCES accounts (id) ON DELETE SET NULL,
    recipient text NOT NULL,
    template text NOT NULL,
    sealed_parameters bytea,
    created_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    sent_at timestamptz,
    failed_at timestamptz
  )`,
  'CREATE INDEX mails_due ON mails (next_attempt_at) WHERE next_attempt_at IS NOT NULL',
  'CREATE INDEX mails_by_recipient ON mails (recipient, template, created_at)',
  `CREATE TABLE totp_secrets (
    account_id text PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    secret_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0
  )`,
  `CREATE TABLE backup_codes (
    account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (account_id, code_hash)
  )`,
  `CREATE TABLE passkeys (
    id text PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    credential_id bytea NOT NULL UNIQUE,
    public_key bytea NOT NULL,
    counter bigint NOT NULL,
    transports text[] NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz
  )`,
  'CREATE INDEX passkeys_of_account ON passkeys (account_id)',
];
