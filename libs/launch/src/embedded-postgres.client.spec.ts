import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@gatehouse/testing/temporary-folder';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startEmbeddedPostgres } from './embedded-postgres.client.js';
import { waitUntil } from './wait-until.client.js';

describe('the embedded PostgreSQL', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await temporaryFolder('gatehouse-embedded-');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('keeps what was written when it is stopped and started again', async () => {
    const first = await startEmbeddedPostgres({ folder });
    await query(first.url, 'CREATE TABLE kept (word text)');
    await query(first.url, "INSERT INTO kept VALUES ('here')");
    await first.stop();
    const second = await startEmbeddedPostgres({ folder });
    expect(await query(second.url, 'SELECT word FROM kept')).toEqual([{ word: 'here' }]);
    await second.stop();
  });

  it('ends the server that a crash left behind in its folder, and takes over its data', async () => {
    const left = await startEmbeddedPostgres({ folder });
    await query(left.url, "INSERT INTO kept VALUES ('before the crash')");
    const next = await startEmbeddedPostgres({ folder });
    expect(next.pid).not.toBe(left.pid);
    await waitUntil('the old server', async () => !existsSync(`/proc/${left.pid}`), 5_000);
    expect(await query(next.url, 'SELECT count(*)::int AS words FROM kept')).toEqual([{ words: 2 }]);
    await next.stop();
  });

  it('starts anew where making the data was cut short', async () => {
    const cut = join(folder, 'cut');
    await mkdir(join(cut, 'postgres.new'), { recursive: true });
    await writeFile(join(cut, 'postgres.new', 'PG_VERSION'), '18');
    const server = await startEmbeddedPostgres({ folder: cut, durable: false });
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
  });

  it('shows its data in place only when they are whole', async () => {
    const watched = join(folder, 'watched');
    const starting = startEmbeddedPostgres({ folder: watched, durable: false });
    let half = 0;
    while (!existsSync(join(watched, 'postgres', 'PG_VERSION'))) await new Promise((resolve) => setImmediate(resolve));
    if (!existsSync(join(watched, 'postgres', 'global', 'pg_control'))) half++;
    await (await starting).stop();
    expect(half).toBe(0);
  });

  it('lets nobody in without the password', async () => {
    const server = await startEmbeddedPostgres({ folder });
    const url = new URL(server.url);
    url.password = 'guessed';
    await expect(query(url.toString(), 'SELECT 1')).rejects.toThrow('password authentication failed');
    await server.stop();
  });
});

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
