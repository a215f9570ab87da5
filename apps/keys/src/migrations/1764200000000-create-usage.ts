import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What keys are used for. No foreign keys to api_keys: checking one would lock the key's row, and usage must never stand in
 * the way of a revoke. Rows that change often leave room in their pages, so that their indexes stay as they are.
 */
export class CreateUsage1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE usage_reports (
        report_id text PRIMARY KEY CHECK (report_id ~ '^[0-9a-f]{32}$'),
        at timestamptz(3) NOT NULL
      )`);
    await runner.query('CREATE INDEX usage_reports_age ON usage_reports (at)');
    await runner.query(`
      CREATE TABLE key_uses (
        key_id text PRIMARY KEY,
        at timestamptz(3) NOT NULL,
        address text NOT NULL,
        user_agent text NOT NULL,
        route text NOT NULL,
        logged bigint NOT NULL
      ) WITH (fillfactor = 70)`);
    await runner.query(`
      CREATE TABLE secret_uses (
        key_id text NOT NULL,
        generation integer NOT NULL,
        retiring boolean NOT NULL,
        uses bigint NOT NULL,
        last_at timestamptz(3) NOT NULL,
        PRIMARY KEY (key_id, generation, retiring)
      ) WITH (fillfactor = 70)`);
    await runner.query(`
      CREATE TABLE usage_callers (
        key_id text NOT NULL,
        generation integer NOT NULL,
        retiring boolean NOT NULL,
        address text NOT NULL,
        user_agent text NOT NULL,
        route text NOT NULL,
        uses bigint NOT NULL,
        last_at timestamptz(3) NOT NULL,
        PRIMARY KEY (key_id, generation, retiring, address, user_agent)
      ) WITH (fillfactor = 70)`);
    await runner.query(`
      CREATE TABLE usage_hours (
        key_id text NOT NULL,
        hour timestamptz(3) NOT NULL,
        requests bigint NOT NULL,
        refused bigint NOT NULL,
        cost bigint NOT NULL,
        unlogged bigint NOT NULL,
        PRIMARY KEY (key_id, hour)
      ) WITH (fillfactor = 70)`);
    await runner.query('CREATE INDEX usage_hours_age ON usage_hours (hour)');
    await runner.query(`
      CREATE TABLE usage_scopes (
        key_id text NOT NULL,
        scope text NOT NULL,
        day date NOT NULL,
        uses bigint NOT NULL,
        last_at timestamptz(3) NOT NULL,
        PRIMARY KEY (key_id, scope, day)
      ) WITH (fillfactor = 70)`);
    await runner.query('CREATE INDEX usage_scopes_age ON usage_scopes (day)');
    await runner.query(`
      CREATE TABLE usage_requests (
        key_id text NOT NULL,
        at timestamptz(3) NOT NULL,
        request_id text NOT NULL,
        generation integer NOT NULL,
        address text NOT NULL,
        user_agent text NOT NULL,
        method text NOT NULL,
        path text NOT NULL,
        route text NOT NULL,
        status integer NOT NULL,
        outcome text NOT NULL,
        cost bigint NOT NULL,
        PRIMARY KEY (key_id, at, request_id)
      )`);
    await runner.query('CREATE INDEX usage_requests_age ON usage_requests (at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE usage_requests, usage_scopes, usage_hours, usage_callers, secret_uses, key_uses, usage_reports',
    );
  }
}
