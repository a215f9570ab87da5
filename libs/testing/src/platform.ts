import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '@gatehouse/launch/child.client';
import { type Cluster, startCluster } from '@gatehouse/launch/cluster.client';
import { freePort } from '@gatehouse/launch/free-port.client';
import type { ServiceName } from '@gatehouse/launch/service-process.client';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { DEADLINE_FACTOR } from './deadline-factor.js';
import { putPreparedPostgres } from './prepared-postgres.js';
import { temporaryFolder } from './temporary-folder.js';

/** The whole product, built and running as processes of its own, with its first administrator. */
export interface Platform {
  /** The first gateway. */
  readonly url: string;
  /** All gateways. */
  readonly urls: readonly string[];
  readonly admin: { readonly email: string; readonly password: string };
  /** What the processes wrote so far. */
  output(): string;
  stop(): Promise<void>;
}

export interface ClusterPlatform extends Platform {
  readonly cluster: Cluster;
  /** Where its mail is: one `.eml` file for each message. */
  readonly outboxFolder: string;
}

export interface PlatformOptions {
  /** The text of gatehouse.yaml; without it, the example configuration of the repository. */
  readonly configuration?: string;
  /** Where `upstream: example` leads. */
  readonly exampleUpstreamUrl: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ClusterPlatformOptions extends PlatformOptions {
  /** One of each where it says nothing. */
  readonly replicas?: Partial<Record<ServiceName, number>>;
  /** False: limits in memory. */
  readonly redis?: boolean;
  /** Servers of the test's own, which it may stop and start; without them, they are started here. */
  readonly natsUrl?: string;
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
}

export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));

/** A machine that is busy with other tests takes its time. */
const START_DEADLINE_MS = 60_000;

const admin = { email: 'admin@example.com', password: 'a quiet river runs north' };

/** Everything in one process: embedded PostgreSQL, in-process bus, limits in memory. */
export async function startStandalonePlatform(
  options: PlatformOptions & { readonly dataFolder?: string },
): Promise<Platform> {
  const folder = await temporaryFolder('gatehouse-standalone-');
  if (options.dataFolder === undefined) await putPreparedPostgres(join(folder, 'data'));
  const [port, internalPort] = [await freePort(), await freePort()];
  let output = '';
  const child: Child = await startChild(
    'standalone',
    process.execPath,
    ['--enable-source-maps', join(repositoryRoot, 'apps', 'standalone', 'dist', 'main.js')],
    {
      cwd: repositoryRoot,
      env: {
        ...(await environmentOf(options, folder)),
        GATEHOUSE_DATA_DIR: options.dataFolder ?? join(folder, 'data'),
        EXAMPLE_UPSTREAM_URL: options.exampleUpstreamUrl,
        PORT: String(port),
        INTERNAL_PORT: String(internalPort),
      },
    },
    (text) => {
      output += text;
    },
  );
  const ready = async () => (await fetch(`http://127.0.0.1:${internalPort}/readyz`)).status === 200;
  const stop = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitUntil('the standalone process', ready, START_DEADLINE_MS, child);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;
  return { url, urls: [url], admin, output: () => output, stop };
}

/** Every service a process of its own, over real NATS, PostgreSQL and (unless `redis: false`) Redis. */
export async function startClusterPlatform(options: ClusterPlatformOptions): Promise<ClusterPlatform> {
  const folder = await temporaryFolder('gatehouse-cluster-');
  if (options.databaseUrl === undefined) await putPreparedPostgres(folder);
  let output = '';
  const cluster = await startCluster({
    root: repositoryRoot,
    environment: await environmentOf(options, folder),
    folder,
    rootSecret: '6f0c1f5e9a7b4d2c8e3f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d',
    replicas: { gateway: 1, identity: 1, keys: 1, ratelimit: 1, ...options.replicas },
    port: 0,
    redis: options.redis ?? true,
    natsUrl: options.natsUrl,
    databaseUrl: options.databaseUrl,
    redisUrl: options.redisUrl,
    exampleUpstreamUrl: options.exampleUpstreamUrl,
    durable: false,
    onOutput: (name, text) => {
      output += `${name}: ${text}`;
    },
  });
  return {
    url: cluster.gatewayUrls[0] ?? '',
    urls: cluster.gatewayUrls,
    admin,
    cluster,
    outboxFolder: join(folder, 'data', 'outbox'),
    output: () => output,
    stop: async () => {
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function environmentOf(options: PlatformOptions, folder: string): Promise<Record<string, string | undefined>> {
  let configFile = join(repositoryRoot, 'gatehouse.yaml');
  if (options.configuration !== undefined) {
    configFile = join(folder, 'gatehouse.yaml');
    await writeFile(configFile, options.configuration);
  }
  return {
    PATH: process.env['PATH'],
    GATEHOUSE_CONFIG: configFile,
    GATEHOUSE_DATA_DIR: join(folder, 'data'),
    GATEHOUSE_ADMIN_EMAIL: admin.email,
    GATEHOUSE_ADMIN_PASSWORD: admin.password,
    LOG_LEVEL: 'info',
    DEADLINE_FACTOR,
    ...options.environment,
  };
}
