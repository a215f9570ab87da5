import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts, passwords, sessions, signing keys, organizations, projects, audit. */
export class CreatePeople1764000000000 implements MigrationInterface {
  name = 'CreatePeople1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...TABLES].reverse()) await runner.query(`DROP TABLE ${table}`);
  }
}

const TABLES = [
  'accounts',
  'passwords',
  'installation',
  'claim_tokens',
  'sign_in_attempts',
  'sessions',
  'signing_keys',
  'organizations',
  'memberships',
  'projects',
  'audit_events',
];

const STATEMENTS = [
  `CREATE TABLE accounts (
    id text PRIMARY KEY,
    email text NOT NULL,
    email_lookup text NOT NULL UNIQUE,
    name text NOT NULL,
    email_verified_at timestamptz,
    created_at timestamptz NOT NULL
  )`,
  `CREATE TABLE passwords (
    account_id text PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    format text NOT NULL,
    hash text NOT NULL,
    set_at timestamptz NOT NULL
  )`,
  `CREATE TABLE installation (
    singleton boolean PRIMARY KEY CHECK (singleton),
    account_id text NOT NULL,
    claimed_at timestamptz NOT NULL
  )`,
  `CREATE TABLE claim_tokens (
    singleton boolean PRIMARY KEY CHECK (singleton),
    token_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz
  )`,
  `CREATE TABLE sign_in_attempts (
    address_hash bytea PRIMARY KEY,
    attempts integer NOT NULL,
    blocked_until timestamptz,
    forgiven_at timestamptz,
    last_attempt_at timestamptz NOT NULL
  )`,
  'CREATE INDEX sign_in_attempts_by_age ON sign_in_attempts (last_attempt_at)',
  `CREATE TABLE sessions (
    id text PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    absolute_expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    address text NOT NULL,
    user_agent text NOT NULL,
    request_id text NOT NULL
  )`,
  'CREATE INDEX sessions_of_account ON sessions (account_id)',
  'CREATE INDEX sessions_by_end ON sessions (absolute_expires_at)',
  `CREATE TABLE signing_keys (
    kid text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('current', 'retired')),
    private_key_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL
  )`,
  `CREATE UNIQUE INDEX one_current_signing_key ON signing_keys (state) WHERE state = 'current'`,
  `CREATE TABLE organizations (
    id text PRIMARY KEY,
    name text NOT NULL,
    plan text NOT NULL,
    created_at timestamptz NOT NULL
  )`,
  `CREATE TABLE memberships (
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'viewer')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, account_id)
  )`,
  'CREATE INDEX memberships_of_account ON memberships (account_id)',
  `CREATE TABLE projects (
    id text PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id),
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9-]{1,40}$'),
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (organization_id, slug)
  )`,
  `CREATE TABLE audit_events (
    id text PRIMARY KEY,
    at timestamptz NOT NULL,
    action text NOT NULL,
    actor_account_id text,
    organization_id text,
    target text NOT NULL,
    address text NOT NULL,
    user_agent text NOT NULL,
    request_id text NOT NULL
  )`,
  'CREATE INDEX audit_events_of_organization ON audit_events (organization_id, at)',
];
