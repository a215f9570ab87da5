import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'iovalkey';
import type pg from 'pg';
import { whereaboutsOf } from './canary.js';
import type { Place } from './find-secrets.js';

const storedDigest: Exclude<Place['allows'], undefined> = ({ kind }, { isDigest }) =>
  isDigest && whereaboutsOf(kind).digest?.includes('stored') === true;

/** Every row of every table of every schema, as JSON: bytes are in it in hexadecimal. */
export async function tablesOf(owner: pg.Client): Promise<Place[]> {
  const { rows: tables } = await owner.query(
    `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const places: Place[] = [];
  for (const { name } of tables) {
    const { rows } = await owner.query(`SELECT row_to_json(t)::text AS row FROM ${name} t`);
    const bytes = Buffer.from(rows.map(({ row }) => row).join('\n'));
    places.push({ name: `table ${name}`, bytes, allows: storedDigest });
  }
  return places;
}

/** Every file that PostgreSQL keeps, its write-ahead log and its own log of all statements with their values included. */
export async function dataFolderOf(owner: pg.Client): Promise<Place[]> {
  await owner.query('CHECKPOINT');
  const { rows } = await owner.query('SHOW data_directory');
  const folder: string = rows[0].data_directory;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (file) => ({
      name: `file ${file.slice(folder.length + 1)}`,
      // Temporary files may go while we read.
      bytes: await readFile(file).catch(() => Buffer.alloc(0)),
      allows: storedDigest,
    })),
  );
}

export async function redisOf(url: string): Promise<Place[]> {
  const redis = new Redis(url);
  try {
    const names = await redis.keysBuffer('*');
    const dumped = await Promise.all(
      names.map(async (name) => {
        const value = (await redis.type(name)) === 'hash' ? Object.entries(await redis.hgetall(name)).flat() : [];
        return [name, Buffer.from(value.join(' ')), (await redis.dumpBuffer(name)) ?? Buffer.alloc(0)];
      }),
    );
    return [{ name: 'Redis', bytes: Buffer.concat(dumped.flat()) }];
  } finally {
    redis.disconnect();
  }
}

export function metricsOf(
  services: readonly { readonly name: string; readonly internalUrl: string }[],
): Promise<Place[]> {
  return Promise.all(
    services.map(async ({ name, internalUrl }) => {
      const answer = await fetch(`${internalUrl}/metrics`);
      return { name: `metrics of ${name}`, bytes: Buffer.from(await answer.arrayBuffer()) };
    }),
  );
}
