import { call } from '@gatehouse/bus/call.client';
import { inProcessBus } from '@gatehouse/bus/in-process.client';
import { revokeKey } from '@gatehouse/contracts/keys';
import { createLogger } from '@gatehouse/observability/logger';
import { serviceUrl } from '@gatehouse/postgres/service-database';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { keysConfig } from './config.js';
import { actor, issued, SECRET, verify, withKeys } from './keys-under-test.conformance.js';
import { startKeys } from './start.js';

const tests = withKeys();

describe('the role of the service', () => {
  it('may not delete or rewrite keys or audit entries, nor see other schemas', async () => {
    const service = new pg.Client(serviceUrl(tests.postgres.url, SECRET, { service: 'keys' }));
    await service.connect();
    const denied = [
      'DELETE FROM keys.api_keys',
      "UPDATE keys.api_keys SET organization_id = 'org_x'",
      "UPDATE keys.api_keys SET created_by_role = 'owner'",
      'DELETE FROM keys.key_secrets',
      "UPDATE keys.key_secrets SET key_id = 'key_x'",
      'DELETE FROM keys.organizations',
      'DELETE FROM keys.key_peppers',
      "UPDATE keys.key_peppers SET mark = ''",
      'DELETE FROM keys.audit_entries',
      "UPDATE keys.usage_requests SET address = '192.0.2.9'",
      'DELETE FROM keys.key_uses',
      "UPDATE keys.audit_entries SET account_id = 'acc_x'",
      'TRUNCATE keys.api_keys',
      'CREATE TABLE keys.mine (id int)',
      'DROP TABLE keys.api_keys',
      "COPY keys.lease_holders TO PROGRAM 'id'",
      "SELECT pg_read_file('/etc/passwd')",
    ];
    for (const statement of denied)
      await expect(service.query(statement)).rejects.toThrow(/permission denied|must be owner/);
    await service.end();
  });

  it('cannot bring a revoked key back', async () => {
    const by = actor();
    const { key } = await issued(tests, by);
    await call(tests.client, revokeKey, { actor: by, keyId: key.id });
    const revive = "UPDATE keys.api_keys SET state = 'active', revoked_at = NULL WHERE id = $1";
    await expect(tests.owner.query(revive, [key.id])).rejects.toThrow('stays revoked');
  });
});

describe('the service', () => {
  it('is ready while PostgreSQL answers, and counts what it does', async () => {
    expect(await tests.keys.notReady()).toEqual([]);
    const by = actor();
    const { key, secret } = await issued(tests, by);
    await verify(tests, secret);
    await call(tests.client, revokeKey, { actor: by, keyId: key.id });
    const text = await tests.keys.metrics.metrics();
    expect(text).toMatch(/gatehouse_lease_valid\{service="keys"\} 1/);
    expect(text).toMatch(/gatehouse_verifications_total\{outcome="facts",service="keys"\} [1-9]/);
    expect(text).toMatch(/gatehouse_revoke_seconds_count\{service="keys"\} [1-9]/);
  });

  it('says which variable is wrong', () => {
    const environment = { DATABASE_URL: 'mysql://x', GATEHOUSE_SECRET: 'short', KEYS_CACHE_ENTRIES: '0' };
    for (const name of Object.keys(environment)) expect(() => keysConfig(environment)).toThrow(name);
  });

  it('does not start without its tables, and says why', async () => {
    await tests.owner.query('CREATE DATABASE empty');
    const url = new URL(tests.postgres.url);
    url.pathname = '/empty';
    const config = keysConfig({ DATABASE_URL: url.toString(), GATEHOUSE_SECRET: SECRET });
    const other = inProcessBus();
    const start = startKeys({
      config,
      bus: other,
      catalog: { apis: [], gateways: 1 },
      logger: createLogger('keys', 'silent'),
    });
    await expect(start).rejects.toThrow('run the migration');
    await other.drain();
  });
});
