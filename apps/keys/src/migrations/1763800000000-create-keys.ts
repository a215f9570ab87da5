import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys, their audit log, answers kept for retries, and what leases are made of. */
export class CreateKeys1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE api_keys (
        id text PRIMARY KEY CHECK (id ~ '^key_[0-9A-Za-z]{22}$'),
        secret_hmac bytea NOT NULL UNIQUE CHECK (octet_length(secret_hmac) = 32),
        pepper_version smallint NOT NULL,
        organization_id text NOT NULL,
        project_id text NOT NULL,
        api text NOT NULL,
        environment text NOT NULL,
        plan text NOT NULL,
        name text NOT NULL,
        display text NOT NULL,
        scopes text[] NOT NULL,
        state text NOT NULL CHECK (state IN ('active', 'disabled', 'revoked')),
        revision integer NOT NULL CHECK (revision > 0),
        metadata jsonb NOT NULL,
        created_at timestamptz(3) NOT NULL,
        created_by text NOT NULL,
        expires_at timestamptz(3),
        revoked_at timestamptz(3),
        revocation_reason text,
        CHECK ((state = 'revoked') = (revoked_at IS NOT NULL))
      )`);
    await runner.query('CREATE INDEX api_keys_listed ON api_keys (organization_id, created_at DESC, id DESC)');
    await runner.query(`
      CREATE FUNCTION refuse_revival() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'a revoked key stays revoked'; END $$`);
    await runner.query(`
      CREATE TRIGGER revoked_is_final BEFORE UPDATE ON api_keys FOR EACH ROW
      WHEN (OLD.state = 'revoked' AND NEW.state <> 'revoked') EXECUTE FUNCTION refuse_revival()`);
    await runner.query(`
      CREATE TABLE audit_entries (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz(3) NOT NULL,
        action text NOT NULL,
        organization_id text NOT NULL,
        account_id text NOT NULL,
        role text NOT NULL,
        address text NOT NULL,
        request_id text NOT NULL,
        key_id text NOT NULL,
        detail jsonb NOT NULL
      )`);
    await runner.query('CREATE INDEX audit_entries_listed ON audit_entries (organization_id, id)');
    await runner.query(`
      CREATE TABLE kept_answers (
        organization_id text NOT NULL,
        idempotency_hash bytea NOT NULL,
        request_hash bytea NOT NULL,
        sealed_answer bytea NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        PRIMARY KEY (organization_id, idempotency_hash)
      )`);
    await runner.query('CREATE INDEX kept_answers_expiry ON kept_answers (expires_at)');
    await runner.query(`
      CREATE TABLE change_counter (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), seq bigint NOT NULL)`);
    await runner.query('INSERT INTO change_counter (seq) VALUES (0)');
    await runner.query(`
      CREATE TABLE key_changes (
        seq bigint PRIMARY KEY,
        key_id text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await runner.query(`
      CREATE TABLE lease_holders (
        holder_id text PRIMARY KEY CHECK (holder_id ~ '^[0-9a-f]{32}$'),
        applied_seq bigint NOT NULL,
        renewals bigint NOT NULL,
        renewed_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE lease_holders, key_changes, change_counter, kept_answers, audit_entries, api_keys CASCADE',
    );
    await runner.query('DROP FUNCTION refuse_revival');
  }
}
