import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { startChild } from '@gatehouse/launch/child.client';
import { freePort } from '@gatehouse/launch/free-port.client';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { startTestNats } from '@gatehouse/testing/nats';
import { repositoryRoot } from '@gatehouse/testing/platform';
import { startTestPostgres } from '@gatehouse/testing/postgres';
import { temporaryFolder } from '@gatehouse/testing/temporary-folder';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

const SECRET = '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0';

/** A start that cannot go on is one clear message on stderr, and exit code 1. */
describe('a start that cannot go on', () => {
  let folder: string;
  let taken: Server;
  let takenPort: number;

  beforeAll(async () => {
    folder = await temporaryFolder('gatehouse-faults-');
    takenPort = await freePort();
    taken = createServer().listen(takenPort);
  });
  afterAll(async () => {
    await new Promise((resolve) => taken.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  async function start(app: string, environment: Readonly<Record<string, string>>) {
    const child = await startChild(app, process.execPath, [join(repositoryRoot, 'apps', app, 'dist', 'main.js')], {
      cwd: repositoryRoot,
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        INTERNAL_PORT: '0',
        GATEHOUSE_DATA_DIR: join(folder, 'data'),
        ...environment,
      },
    });
    const code = await child.ended;
    const messages = child
      .lastOutput()
      .split('\n')
      .filter((line) => !line.startsWith('{'));
    return { code, message: messages.join('\n') };
  }

  it('names file, line, column and field of a bad gatehouse.yaml', async () => {
    const file = join(folder, 'bad.yaml');
    await writeFile(file, 'apis:\n  - name: shop\n    profile: exante\n    upstream: ftp://nowhere\n    colour: red\n');
    const { code, message } = await start('standalone', { GATEHOUSE_CONFIG: file });
    expect(code).toBe(1);
    expect(message).toContain('bad.yaml:4:');
    expect(message).toContain('apis[0].upstream');
    expect(message).toContain('bad.yaml:5:');
    expect(message).toContain('colour');
  });

  it('names a gatehouse.yaml that is not there', async () => {
    const { code, message } = await start('standalone', { GATEHOUSE_CONFIG: join(folder, 'none.yaml') });
    expect([code, message]).toEqual([1, expect.stringContaining('none.yaml')]);
  });

  it('names a port that is taken', async () => {
    const { code, message } = await start('standalone', { PORT: String(takenPort) });
    expect([code, message]).toEqual([1, `gatehouse: port ${takenPort} is taken: another process listens there`]);
  });

  it.each(['PORT', 'INTERNAL_PORT'])(
    'leaves nothing behind where %s is taken: no server, no lock, no banner',
    async (variable) => {
      const data = join(folder, `left-by-${variable}`);
      const { code, message } = await start('standalone', { [variable]: String(takenPort), GATEHOUSE_DATA_DIR: data });
      expect([code, message]).toEqual([1, expect.stringContaining(`port ${takenPort} is taken`)]);
      expect(message).not.toContain('is running');
      expect(await left(data)).toEqual([]);
    },
    60_000,
  );

  it('leaves nothing behind when it is stopped while it starts', async () => {
    for (const afterMs of [300, 900, 1_500]) {
      const data = join(folder, `stopped-${afterMs}`);
      const child = await startChild(
        'standalone',
        process.execPath,
        [join(repositoryRoot, 'apps/standalone/dist/main.js')],
        {
          cwd: repositoryRoot,
          env: { PATH: process.env['PATH'], PORT: '0', INTERNAL_PORT: '0', GATEHOUSE_DATA_DIR: data },
        },
      );
      const from = performance.now();
      await waitUntil('the moment', async () => performance.now() - from > afterMs, 5_000);
      child.signal('SIGTERM');
      await child.ended;
      expect(await left(data)).toEqual([]);
    }
  });

  it.each(['start', 'start:cluster'])(
    'npm run %s ends with everything that it started when npm gets SIGTERM',
    async (script) => {
      const data = join(folder, `npm-${script.replace(':', '-')}`);
      const [port, internalPort] = [await freePort(), await freePort()];
      const child = await startChild('npm', 'npm', ['run', script], {
        cwd: repositoryRoot,
        env: {
          ...process.env,
          PORT: String(port),
          INTERNAL_PORT: String(internalPort),
          GATEHOUSE_DATA_DIR: data,
          NODE_OPTIONS: '',
        },
      });
      const ready = async () => (await fetch(`http://127.0.0.1:${internalPort}/readyz`)).status === 200;
      await waitUntil(script, ready, 60_000, child);
      // What is looked for afterwards is there now: the lock, and PostgreSQL on this folder.
      expect(await left(data)).toEqual(expect.arrayContaining(['gatehouse.pid', expect.stringContaining(data)]));
      child.signal('SIGTERM');
      await child.ended;
      await waitUntil('the end of all', async () => (await left(data)).length === 0, 10_000);
    },
    90_000,
  );

  it('refuses to migrate a database with another GATEHOUSE_SECRET than its own, and changes nothing', async () => {
    const postgres = await startTestPostgres();
    const migrate = (secret: string) => runMigration(postgres.url, secret);
    expect(await migrate(SECRET)).toEqual({ code: 0, output: expect.stringContaining('Migrated') });
    expect(await migrate(SECRET)).toEqual({ code: 0, output: expect.stringContaining('up to date') });
    const logins = await passwordsOf(postgres.url);
    expect(await migrate(SECRET.replace('0f', 'ab'))).toEqual({
      code: 1,
      output: 'gatehouse: GATEHOUSE_SECRET: this database was set up with another one',
    });
    expect(await passwordsOf(postgres.url)).toEqual(logins);
    await postgres.stop();
  });

  it('names a database that cannot be reached, without its password', async () => {
    const url = `postgres://owner:hunter2@127.0.0.1:${await freePort()}/gatehouse`;
    const nats = await startTestNats();
    for (const app of ['standalone', 'keys', 'identity']) {
      const { code, message } = await start(app, { GATEHOUSE_SECRET: SECRET, NATS_URL: nats.url, DATABASE_URL: url });
      expect([app, code, message]).toEqual([
        app,
        1,
        expect.stringContaining('DATABASE_URL: cannot connect to 127.0.0.1'),
      ]);
      expect(message).not.toContain('hunter2');
    }
    await nats.stop();
  });

  it('names a NATS that cannot be reached, without its password', async () => {
    const url = `nats://gateway:hunter2@127.0.0.1:${await freePort()}`;
    const { code, message } = await start('gateway', {
      GATEHOUSE_SECRET: SECRET,
      NATS_URL: url,
      EXAMPLE_UPSTREAM_URL: 'http://127.0.0.1:9',
    });
    expect([code, message]).toEqual([1, expect.stringContaining('NATS_URL: cannot connect to 127.0.0.1')]);
    expect(message).not.toContain('hunter2');
  });

  it.each([
    ['gateway', { NATS_URL: 'nats://127.0.0.1:1' }, 'GATEHOUSE_SECRET'],
    [
      'gateway',
      { NATS_URL: 'nats://127.0.0.1:1', GATEHOUSE_SECRET: 'changeme-changeme-changeme-changeme' },
      'GATEHOUSE_SECRET',
    ],
    ['keys', { NATS_URL: 'http://x', GATEHOUSE_SECRET: SECRET, DATABASE_URL: 'postgres://x' }, 'NATS_URL'],
    ['standalone', { NODE_ENV: 'production' }, 'GATEHOUSE_SECRET'],
    ['standalone', { PORT: 'eighty' }, 'PORT'],
    ['ratelimit', { NATS_URL: 'nats://127.0.0.1:1', REDIS_URL: 'file:///etc/passwd' }, 'REDIS_URL'],
  ])('%s names the variable that is missing or not usable: %o', async (app, environment, variable) => {
    const { code, message } = await start(app, environment);
    expect([code, message]).toEqual([1, expect.stringContaining(variable)]);
    for (const value of Object.values(environment)) if (value.length > 30) expect(message).not.toContain(value);
  });
});

/** What a start left in its data folder, or running on it. */
async function left(data: string): Promise<string[]> {
  const files = await readdir(data).catch(() => []);
  const processes = await readdir('/proc');
  const commands = await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return [
    ...files.filter((file) => file.startsWith('gatehouse.pid')),
    ...commands.filter((command) => command.includes(data) && command.includes('postgres')),
  ];
}

async function runMigration(databaseUrl: string, secret: string) {
  const child = await startChild(
    'migrate',
    process.execPath,
    [join(repositoryRoot, 'apps/standalone/dist/migrate.js')],
    {
      env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, GATEHOUSE_SECRET: secret },
    },
  );
  return { code: await child.ended, output: child.lastOutput() };
}

async function passwordsOf(url: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    "SELECT rolname, rolpassword FROM pg_authid WHERE rolname LIKE 'gatehouse_%' ORDER BY 1",
  );
  await client.end();
  return rows;
}
