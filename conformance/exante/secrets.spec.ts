import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type PlatformUnderTest, startPlatform } from '../platform.js';
import { bearer, send } from '../send.js';

let postgres: TestPostgres;
let platform: PlatformUnderTest;

beforeAll(async () => {
  postgres = await startTestPostgres();
  platform = await startPlatform({ environment: { DATABASE_URL: postgres.url, LOG_LEVEL: 'trace' } });
});
afterAll(async () => {
  await platform?.stop();
  await postgres?.stop();
});

/** Every row of every table, as text: what a backup would hold. */
async function everyRow(): Promise<string> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    const tables = await client.query(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const texts: string[] = [];
    for (const { name } of tables.rows as { name: string }[]) {
      const rows = await client.query(`SELECT t::text AS row FROM ${name} t`);
      for (const { row } of rows.rows as { row: string }[]) texts.push(row);
    }
    return texts.join('\n');
  } finally {
    await client.end();
  }
}

describe('Exante, at rest', () => {
  it('[E4] keeps keys as hashes only: no table and no log has one', async () => {
    const { id, key } = await platform.createKey({ api: 'exante', scopes: ['invoices.read'] });
    const url = `${platform.apiBase('exante')}/api/invoices`;
    expect((await send(url, { headers: bearer(key) })).status).toBe(200);
    expect((await send(url, { headers: bearer(`${key}x`) })).status).toBe(401);
    expect((await send(url, { headers: { authorization: key } })).status).toBe(401);
    await send(`${url}?api_key=${key}`);
    await platform.revokeKey(id);

    const secret = key.slice('ex_live_'.length);
    const rows = await everyRow();
    expect(rows).toContain(id);
    for (const text of [secret, Buffer.from(key).toString('hex'), Buffer.from(key).toString('base64').slice(0, 40)]) {
      expect(rows).not.toContain(text);
      expect(platform.output()).not.toContain(text);
    }
    expect(platform.output()).not.toBe('');
  });
});
