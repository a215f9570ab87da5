import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Secrets get a table of their own, so that a key can have two while it is rotated, and what a key may be used for grows:
 * addresses, quotas and a number of uses of its own. What decisions need of an organization is kept here, too.
 */
export class GiveKeysSecrets1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE key_secrets (
        secret_hmac bytea PRIMARY KEY CHECK (octet_length(secret_hmac) = 32),
        pepper_version smallint NOT NULL,
        key_id text NOT NULL REFERENCES api_keys (id),
        generation integer NOT NULL CHECK (generation > 0),
        display text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        ends_at timestamptz(3),
        UNIQUE (key_id, generation)
      )`);
    await runner.query(`
      INSERT INTO key_secrets (secret_hmac, pepper_version, key_id, generation, display, created_at)
      SELECT secret_hmac, pepper_version, id, 1, display, created_at FROM api_keys`);
    await runner.query('CREATE UNIQUE INDEX one_current_secret ON key_secrets (key_id) WHERE ends_at IS NULL');
    await runner.query(`
      CREATE TABLE organizations (
        organization_id text PRIMARY KEY,
        plan text NOT NULL,
        revision integer NOT NULL DEFAULT 0,
        limits jsonb,
        suspended_at timestamptz(3)
      )`);
    await runner.query(`
      INSERT INTO organizations (organization_id, plan)
      SELECT DISTINCT ON (organization_id) organization_id, plan FROM api_keys
      ORDER BY organization_id, created_at DESC, id DESC`);
    await runner.query(`
      ALTER TABLE api_keys
        DROP COLUMN secret_hmac, DROP COLUMN pepper_version, DROP COLUMN display, DROP COLUMN plan,
        ADD COLUMN allowed_addresses text[] NOT NULL DEFAULT '{}',
        ADD COLUMN limits jsonb,
        ADD COLUMN remaining_uses bigint CHECK (remaining_uses >= 0),
        ADD COLUMN created_by_role text NOT NULL DEFAULT 'developer',
        ADD COLUMN deleted_at timestamptz(3),
        ADD COLUMN imported_by text,
        DROP CONSTRAINT api_keys_state_check,
        ADD CONSTRAINT api_keys_state_check CHECK (state IN ('active', 'disabled', 'quarantined', 'revoked')),
        ADD CONSTRAINT known_organization FOREIGN KEY (organization_id) REFERENCES organizations (organization_id),
        ADD CONSTRAINT removed_is_revoked CHECK (deleted_at IS NULL OR state = 'revoked')`);
    await runner.query('ALTER TABLE api_keys ALTER COLUMN created_by_role DROP DEFAULT');
  }

  /** Only where no key was rotated, since the older table holds one secret for each. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE api_keys
        ADD COLUMN secret_hmac bytea, ADD COLUMN pepper_version smallint, ADD COLUMN display text, ADD COLUMN plan text,
        DROP CONSTRAINT known_organization, DROP CONSTRAINT removed_is_revoked, DROP CONSTRAINT api_keys_state_check,
        ADD CONSTRAINT api_keys_state_check CHECK (state IN ('active', 'disabled', 'revoked'))`);
    await runner.query(`
      UPDATE api_keys SET secret_hmac = s.secret_hmac, pepper_version = s.pepper_version, display = s.display, plan = o.plan
      FROM key_secrets s, organizations o
      WHERE s.key_id = api_keys.id AND s.ends_at IS NULL AND o.organization_id = api_keys.organization_id`);
    await runner.query(`
      ALTER TABLE api_keys
        ALTER COLUMN secret_hmac SET NOT NULL, ALTER COLUMN pepper_version SET NOT NULL,
        ALTER COLUMN display SET NOT NULL, ALTER COLUMN plan SET NOT NULL,
        ADD UNIQUE (secret_hmac), ADD CHECK (octet_length(secret_hmac) = 32),
        DROP COLUMN allowed_addresses, DROP COLUMN limits, DROP COLUMN remaining_uses, DROP COLUMN created_by_role,
        DROP COLUMN deleted_at, DROP COLUMN imported_by`);
    await runner.query('DROP TABLE key_secrets, organizations');
  }
}
