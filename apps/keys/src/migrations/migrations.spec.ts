import { digestKey, sealDigest } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { migrateDatabase } from '@gatehouse/postgres/migrate.client';
import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { keysMigrations } from '../migrate.js';
import { onlyPepper } from '../secrets/peppers.js';
import { FactsStore } from '../verification/facts.store.js';
import { CreateKeys1763800000000 } from './1763800000000-create-keys.js';

const SECRET = 'a-root-secret-for-these-tests-0123456789';
const PEPPER = Buffer.alloc(32, 5);

describe('the migrations of keys', () => {
  let postgres: TestPostgres;
  let pool: pg.Pool;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    pool = new pg.Pool({ connectionString: postgres.url, options: '-c search_path=keys' });
    // The server may close idle connections before their own goodbye has arrived.
    pool.on('error', () => undefined);
  });
  afterAll(async () => {
    await pool.end();
    await postgres.stop();
  });

  it('keep every key of the first version: it verifies as before, a revoked one stays revoked', async () => {
    await migrateDatabase(postgres.url, SECRET, [
      { service: 'keys', migrations: [CreateKeys1763800000000], grants: [] },
    ]);
    const secrets = [mintKey('ex_live_'), mintKey('ex_live_')];
    for (const [index, secret] of secrets.entries()) {
      await pool.query(
        `INSERT INTO api_keys VALUES ($1, $2, 1, 'org_1', 'prj_1', 'exante', 'live', $3, 'old', 'ex_live_...AbCd',
           '{invoices.read}', $4, 3, '{}', now(), 'acc_1', null, $5, null)`,
        [
          `key_${String(index).repeat(22)}`,
          sealDigest(PEPPER, digestKey(secret)),
          index === 0 ? 'free' : 'pro',
          index === 0 ? 'active' : 'revoked',
          index === 0 ? null : new Date(),
        ],
      );
    }
    await migrateDatabase(postgres.url, SECRET, [keysMigrations]);
    const digests = secrets.map((secret) => digestKey(secret).toString('latin1'));
    const found = await new FactsStore(pool, onlyPepper(PEPPER)).find(digests);
    const [live, revoked] = digests.map((digest) => found.get(digest));
    const secret = { generation: 1, endsAtMs: null };
    expect(live).toMatchObject({ state: 'active', revision: 3, scopes: ['invoices.read'], plan: 'pro', secret });
    expect(revoked).toMatchObject({ state: 'revoked', secret });
    expect(await migrateDatabase(postgres.url, SECRET, [keysMigrations])).toEqual([]);
  });
});
