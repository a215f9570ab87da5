import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sign-ups that wait for their link, known devices, allowances of addresses, mails that somebody asked for. */
export class LetPeopleSignUp1764640000000 implements MigrationInterface {
  name = 'LetPeopleSignUp1764640000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['asked_mails', 'allowances', 'known_devices', 'pending_sign_ups']) {
      await runner.query(`DROP TABLE ${table}`);
    }
    await runner.query('ALTER TABLE passwords DROP COLUMN failures');
  }
}

const STATEMENTS = [
  `CREATE TABLE pending_sign_ups (
    token_hash bytea PRIMARY KEY,
    email text NOT NULL,
    email_lookup text NOT NULL,
    name text NOT NULL,
    format text NOT NULL,
    hash text NOT NULL,
    created_at timestamptz NOT NULL,
    link_expires_at timestamptz NOT NULL,
    used_at timestamptz
  )`,
  'CREATE INDEX pending_sign_ups_of_address ON pending_sign_ups (email_lookup)',
  'CREATE INDEX pending_sign_ups_by_age ON pending_sign_ups (created_at)',
  `CREATE TABLE known_devices (
    token_hash bytea PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    failures integer NOT NULL DEFAULT 0
  )`,
  'CREATE INDEX known_devices_of_account ON known_devices (account_id)',
  'CREATE INDEX known_devices_by_age ON known_devices (last_used_at)',
  `CREATE TABLE allowances (
    kind text NOT NULL,
    subject bytea NOT NULL,
    window_started_at timestamptz NOT NULL,
    taken integer NOT NULL,
    PRIMARY KEY (kind, subject)
  )`,
  'CREATE INDEX allowances_by_age ON allowances (window_started_at)',
  `CREATE TABLE asked_mails (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('password_reset', 'verification')),
    email_lookup text NOT NULL,
    address text NOT NULL,
    user_agent text NOT NULL,
    request_id text NOT NULL,
    asked_at timestamptz NOT NULL
  )`,
  // Wrong passwords in a row, counted before each comparison; only strangers' guesses, not those of known devices.
  'ALTER TABLE passwords ADD COLUMN failures integer NOT NULL DEFAULT 0',
];
