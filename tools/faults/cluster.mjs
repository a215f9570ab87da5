import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild } from '@gatehouse/launch/child.client';
import { startEmbeddedPostgres } from '@gatehouse/launch/embedded-postgres.client';
import { freePort } from '@gatehouse/launch/free-port.client';
import { startNatsServer } from '@gatehouse/launch/nats-server.client';
import { startRedisServer } from '@gatehouse/launch/redis-server.client';
import { startServiceProcess } from '@gatehouse/launch/service-process.client';
import { root } from '../prepare.mjs';
import { faketime } from './clock.mjs';
import { startLink } from './link.mjs';
import { startPart } from './part.mjs';

const REPLICAS = { keys: 2, identity: 2, ratelimit: 2, gateway: 3 };
/** What each service has a connection to, which a link of its own leads through. */
const NEEDS = {
  keys: ['nats', 'postgres'],
  identity: ['nats', 'postgres'],
  ratelimit: ['nats', 'redis'],
  gateway: ['nats'],
};

/**
 * The whole platform, every process and every link between two of them in our hand: `parts` by name (`keys-1`, `nats`),
 * `links` by name (`keys-1/nats`), `clocks` by the name of the process (where libfaketime is installed).
 * @param environment for all services, beside what they need.
 */
export async function startFaultCluster({ folder, configuration, environment, random, fell }) {
  const stops = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    return { ...(await startAll({ folder, configuration, environment, random, fell, stops })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll({ folder, configuration, environment, random, fell, stops }) {
  const configFile = join(folder, 'gatehouse.yaml');
  await mkdir(join(folder, 'clocks'), { recursive: true });
  await writeFile(configFile, configuration);
  const admin = { email: 'admin@example.com', password: 'a quiet river runs north' };
  const parts = new Map();
  const add = async (name, start) => {
    const part = await startPart(name, start, fell);
    parts.set(name, part);
    stops.push(() => part.stop());
  };

  const ports = { postgres: await freePort(), nats: await freePort(), redis: await freePort() };
  let ownerUrl;
  await add('postgres', async () => {
    const server = await startEmbeddedPostgres({
      folder: join(folder, 'postgres'),
      port: ports.postgres,
      durable: false,
    });
    ownerUrl = server.url;
    return { child: serverAsChild(server) };
  });
  const passwords = new Map(Object.keys(REPLICAS).map((service) => [service, `p${randomBytes(18).toString('hex')}`]));
  const natsEnvironment = {
    PATH: process.env.PATH,
    ...Object.fromEntries([...passwords].map(([name, value]) => [`NATS_${name.toUpperCase()}_PASSWORD`, value])),
  };
  const configOfNats = join(root, 'k8s', 'base', 'nats', 'nats.conf');
  await add('nats', () =>
    startNatsServer({ port: ports.nats, configFile: configOfNats, environment: natsEnvironment }),
  );
  await add('redis', () => startRedisServer({ port: ports.redis }));

  const rootSecret = randomBytes(32).toString('hex');
  await migrate(ownerUrl, rootSecret);

  const links = new Map();
  const clocks = new Map();
  const newClock = faketime();
  const gateways = [];
  for (const [service, count] of Object.entries(REPLICAS)) {
    const begun = [];
    for (let index = 1; index <= count; index++) {
      const name = `${service}-${index}`;
      const portOf = {};
      for (const server of NEEDS[service]) {
        const link = await startLink(ports[server], random);
        stops.push(() => link.stop());
        links.set(`${name}/${server}`, link);
        portOf[server] = link.port;
      }
      // One of each service has a clock that can jump; the others keep the true time.
      if (newClock !== undefined && index === count) clocks.set(name, await newClock(join(folder, 'clocks', name)));
      const port = service === 'gateway' ? await freePort() : undefined;
      if (port !== undefined) gateways.push({ name, origin: `http://127.0.0.1:${port}` });
      const full = {
        PATH: process.env.PATH,
        GATEHOUSE_CONFIG: configFile,
        GATEHOUSE_DATA_DIR: join(folder, 'data'),
        GATEHOUSE_ADMIN_EMAIL: admin.email,
        GATEHOUSE_ADMIN_PASSWORD: admin.password,
        GATEHOUSE_SECRET: rootSecret,
        PUBLIC_URL: 'http://localhost:8080',
        TRUSTED_PROXIES: '127.0.0.1',
        LOG_LEVEL: 'warn',
        NATS_URL: `nats://${service}:${passwords.get(service)}@127.0.0.1:${portOf.nats}`,
        ...(portOf.postgres === undefined ? {} : { DATABASE_URL: throughPort(ownerUrl, portOf.postgres) }),
        ...(portOf.redis === undefined ? {} : { REDIS_URL: `redis://127.0.0.1:${portOf.redis}` }),
        ...(port === undefined ? {} : { PORT: String(port) }),
        ...clocks.get(name)?.environment,
        ...environment,
      };
      begun.push(
        add(name, async () => {
          const started = await startServiceProcess(service, name, root, full);
          void clocks.get(name)?.forget(started.child);
          try {
            await started.waitUntilReady();
          } catch (error) {
            await started.child.stop('SIGKILL');
            throw error;
          }
          return started;
        }),
      );
    }
    await Promise.all(begun);
  }
  const outboxFolder = join(folder, 'data', 'outbox');
  return { admin, gateways, parts, links, clocks, outboxFolder };
}

/** PostgreSQL's own way of being ended as by a crash is SIGQUIT; what a part is ended with means that here. */
function serverAsChild(server) {
  return {
    pid: server.pid,
    // Nothing but we ends it.
    ended: new Promise(() => undefined),
    lastOutput: () => '',
    signal: () => undefined,
    stop: (signal) => (signal === 'SIGKILL' ? server.kill() : server.stop()),
  };
}

function throughPort(url, port) {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

async function migrate(databaseUrl, rootSecret) {
  const program = join(root, 'apps', 'standalone', 'dist', 'migrate.js');
  const child = await startChild('migrate', process.execPath, [program], {
    cwd: root,
    env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl, GATEHOUSE_SECRET: rootSecret },
  });
  if ((await child.ended) !== 0) throw new Error(`the database could not be migrated:\n${child.lastOutput()}`);
}
