import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Authenticators that are being set up, how often codes were tried, and recoveries of accounts. */
export class KeepSecondFactors1764630000000 implements MigrationInterface {
  name = 'KeepSecondFactors1764630000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['recoveries', 'second_factor_attempts', 'totp_enrolments']) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}

const STATEMENTS = [
  // Beside the secret that is asked for, so that setting up another one cannot lock its owner out.
  `CREATE TABLE totp_enrolments (
    account_id text PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    session_id text NOT NULL,
    secret_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL
  )`,
  'CREATE INDEX totp_enrolments_by_age ON totp_enrolments (created_at)',
  `CREATE TABLE second_factor_attempts (
    account_id text PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    attempted_at timestamptz[] NOT NULL,
    last_attempt_at timestamptz NOT NULL
  )`,
  'CREATE INDEX second_factor_attempts_by_age ON second_factor_attempts (last_attempt_at)',
  `CREATE TABLE recoveries (
    id text PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    requested_at timestamptz NOT NULL,
    ready_at timestamptz NOT NULL,
    lapses_at timestamptz NOT NULL,
    approved_at timestamptz,
    refused_at timestamptz,
    cancelled_at timestamptz,
    completed_at timestamptz,
    decided_by text,
    address text NOT NULL,
    user_agent text NOT NULL,
    request_id text NOT NULL
  )`,
  // One at a time for an account: a newer one takes the place of an older one.
  `CREATE UNIQUE INDEX recoveries_open ON recoveries (account_id)
     WHERE refused_at IS NULL AND cancelled_at IS NULL AND completed_at IS NULL`,
  'CREATE INDEX recoveries_by_age ON recoveries (requested_at, id)',
];
