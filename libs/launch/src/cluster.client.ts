import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startChild } from './child.client.js';
import { startEmbeddedPostgres } from './embedded-postgres.client.js';
import { freePort } from './free-port.client.js';
import { startNatsServer } from './nats-server.client.js';
import { startRedisServer } from './redis-server.client.js';
import { type ServiceName, type ServiceProcess, startServiceProcess } from './service-process.client.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ClusterOptions {
  /** The folder with `apps/`, `k8s/` and `examples/`. */
  readonly root: string;
  /** What every process gets; the cluster adds its own addresses. PATH must be in it. */
  readonly environment: Environment;
  /** Where the embedded PostgreSQL keeps its data. */
  readonly folder: string;
  readonly rootSecret: string;
  readonly replicas: Readonly<Record<ServiceName, number>>;
  /** The first gateway's port; 0: a free one. Further gateways are on free ports. */
  readonly port: number;
  /** Given servers are used as they are; the others are started here. */
  readonly databaseUrl?: string | undefined;
  readonly natsUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  /** False: limits in memory, one ratelimit replica. */
  readonly redis: boolean;
  readonly exampleUpstreamUrl: string;
  /** False for tests: see `startEmbeddedPostgres`. */
  readonly durable: boolean;
  readonly onOutput?: (name: string, text: string) => void;
}

export interface Cluster {
  readonly gatewayUrls: readonly string[];
  readonly services: Readonly<Record<ServiceName, readonly ServiceProcess[]>>;
  readonly databaseUrl: string;
  readonly natsPort: number | null;
  readonly redisUrl: string | null;
  /** Ends everything that was started, services first. */
  stop(): Promise<void>;
}

/** The order in which services start, and (reversed) stop. */
const START_ORDER: readonly ServiceName[] = ['keys', 'identity', 'ratelimit', 'gateway'];

/**
 * Starts the real topology on one machine: every service a process of its own, over NATS with one account's user for
 * each service, PostgreSQL and Redis. What fails to start takes down what was started before.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    return { ...(await startAll(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(options: ClusterOptions, stops: (() => Promise<void>)[]): Promise<Omit<Cluster, 'stop'>> {
  const databaseUrl = options.databaseUrl ?? (await ownPostgres(options, stops));
  const nats = await natsFor(options, stops);
  const redisUrl = options.redis ? (options.redisUrl ?? (await ownRedis(stops))) : null;
  await migrate(options, databaseUrl);

  const services: Record<ServiceName, ServiceProcess[]> = { keys: [], identity: [], ratelimit: [], gateway: [] };
  const gatewayUrls: string[] = [];
  let identityUrl: string | undefined;
  const firstPort = options.port === 0 ? await freePort() : options.port;
  for (const service of START_ORDER) {
    const started: Promise<void>[] = [];
    for (let index = 0; index < options.replicas[service]; index++) {
      const name = `${service}-${index + 1}`;
      const environment: Record<string, string | undefined> = {
        ...options.environment,
        DATABASE_URL: databaseUrl,
        NATS_URL: nats.urlFor(service),
        REDIS_URL: redisUrl ?? undefined,
        GATEHOUSE_SECRET: options.rootSecret,
        EXAMPLE_UPSTREAM_URL: options.exampleUpstreamUrl,
      };
      if (service === 'identity') {
        const port = await freePort();
        environment['IDENTITY_HTTP_PORT'] = String(port);
        identityUrl ??= `http://127.0.0.1:${port}`;
      }
      environment['PUBLIC_URL'] ??= `http://localhost:${firstPort}`;
      if (service === 'gateway') {
        environment['IDENTITY_URL'] = identityUrl;
        const port = index === 0 ? firstPort : await freePort();
        environment['PORT'] = String(port);
        gatewayUrls.push(`http://127.0.0.1:${port}`);
      }
      const process = await startServiceProcess(service, name, options.root, environment, (text) =>
        options.onOutput?.(name, text),
      );
      stops.push(() => process.child.stop());
      services[service].push(process);
      started.push(process.waitUntilReady());
    }
    await Promise.all(started);
  }
  return { gatewayUrls, services, databaseUrl, natsPort: nats.port, redisUrl };
}

async function ownPostgres(options: ClusterOptions, stops: (() => Promise<void>)[]): Promise<string> {
  const server = await startEmbeddedPostgres({ folder: options.folder, durable: options.durable });
  stops.push(() => server.stop());
  return server.url;
}

async function ownRedis(stops: (() => Promise<void>)[]): Promise<string> {
  const server = await startRedisServer();
  stops.push(() => server.stop());
  return server.url;
}

/** Our own nats-server runs with the accounts of the deployment, so that missing permissions show here first. */
async function natsFor(options: ClusterOptions, stops: (() => Promise<void>)[]) {
  const given = options.natsUrl;
  if (given !== undefined) return { port: null, urlFor: (_service: ServiceName) => given };
  // A letter first: nats-server reads a variable of digits (1e5, say) as a number, and refuses it as a password.
  const passwords = new Map(START_ORDER.map((service) => [service, `p${randomBytes(18).toString('hex')}`]));
  const server = await startNatsServer({
    configFile: join(options.root, 'k8s', 'base', 'nats', 'nats.conf'),
    environment: {
      ...options.environment,
      ...Object.fromEntries(
        [...passwords].map(([service, value]) => [`NATS_${service.toUpperCase()}_PASSWORD`, value]),
      ),
    },
  });
  stops.push(() => server.stop());
  return {
    port: server.port,
    urlFor: (service: ServiceName) => `nats://${service}:${passwords.get(service)}@127.0.0.1:${server.port}`,
  };
}

async function migrate(options: ClusterOptions, databaseUrl: string): Promise<void> {
  const program = join(options.root, 'apps', 'standalone', 'dist', 'migrate.js');
  const child = await startChild('migrate', process.execPath, [program], {
    cwd: options.root,
    env: { ...options.environment, DATABASE_URL: databaseUrl, GATEHOUSE_SECRET: options.rootSecret },
  });
  if ((await child.ended) !== 0) throw new Error(`the database could not be migrated:\n${child.lastOutput()}`);
}
