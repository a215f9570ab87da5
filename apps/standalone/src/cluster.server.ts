import { fileURLToPath } from 'node:url';
import { startExampleUpstream } from '@gatehouse/example-upstream/upstream.server';
import { type Cluster, startCluster } from '@gatehouse/launch/cluster.client';
import { createMetrics } from '@gatehouse/observability/metrics';
import type { RunningService } from '@gatehouse/observability/running-service';
import type { clusterConfig } from './config.js';
import { openDataFolder } from './data-folder.store.js';
import { partOf, stopAll } from './part.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Named by the service that they are about; a process of ours gets them from the cluster alone. */
const NOT_HANDED_ON = { GATEHOUSE_SECRET_FILE: undefined, DATABASE_URL_FILE: undefined, NATS_URL_FILE: undefined };

/** Starts the real topology, and what it needs where no address is given. A failure stops what was started before. */
export async function startSeparateProcesses(
  config: ReturnType<typeof clusterConfig>,
  print: (text: string) => void,
): Promise<readonly RunningService[]> {
  const started: RunningService[] = [];
  try {
    const folder = await openDataFolder(config.GATEHOUSE_DATA_DIR, config.GATEHOUSE_SECRET);
    started.push(partOf('data-folder', () => folder.release()));
    let upstreamUrl = config.EXAMPLE_UPSTREAM_URL;
    if (upstreamUrl === undefined) {
      const upstream = await startExampleUpstream({ port: 0, host: '127.0.0.1' });
      started.push(partOf('example-upstream', () => upstream.stop()));
      upstreamUrl = upstream.url;
    }
    const cluster = await startCluster({
      root,
      environment: { ...config.environment, ...NOT_HANDED_ON },
      folder: folder.path,
      rootSecret: folder.rootSecret,
      replicas: {
        gateway: config.GATEWAYS,
        identity: config.IDENTITY_REPLICAS,
        keys: config.KEYS_REPLICAS,
        ratelimit: config.RATELIMIT_REPLICAS,
      },
      port: config.PORT,
      databaseUrl: config.DATABASE_URL,
      natsUrl: config.NATS_URL,
      redisUrl: config.REDIS_URL,
      redis: true,
      exampleUpstreamUrl: upstreamUrl,
      durable: true,
      onOutput: (_name, text) => print(text),
    });
    print(
      `\nGatehouse is running as separate processes.\n${cluster.gatewayUrls.map((url) => `  Gateway  ${url}/\n`).join('')}`,
    );
    return [...started, clusterService(cluster)];
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

/** Ready while every process runs. */
function clusterService(cluster: Cluster): RunningService {
  const ended = new Set<string>();
  for (const { name, child } of Object.values(cluster.services).flat()) void child.ended.then(() => ended.add(name));
  return {
    name: 'cluster',
    metrics: createMetrics('cluster', true),
    notReady: () => [...ended],
    stop: () => cluster.stop(),
  };
}
