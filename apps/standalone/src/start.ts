import { fileURLToPath } from 'node:url';
import { inProcessBus } from '@gatehouse/bus/in-process.client';
import { connectNats } from '@gatehouse/bus/nats.client';
import { loadCatalog } from '@gatehouse/catalog/catalog.loader';
import { startExampleUpstream } from '@gatehouse/example-upstream/upstream.server';
import { gatewayConfig } from '@gatehouse/gateway/config';
import { startGateway } from '@gatehouse/gateway/start';
import { identityConfig } from '@gatehouse/identity/config';
import { identityMigrations } from '@gatehouse/identity/migrate';
import { startIdentity } from '@gatehouse/identity/start';
import { keysConfig } from '@gatehouse/keys/config';
import { keysMigrations } from '@gatehouse/keys/migrate';
import { startKeys } from '@gatehouse/keys/start';
import { startEmbeddedPostgres } from '@gatehouse/launch/embedded-postgres.client';
import type { Logger } from '@gatehouse/observability/logger';
import type { RunningService } from '@gatehouse/observability/running-service';
import { migrateDatabase } from '@gatehouse/postgres/migrate.client';
import { ratelimitConfig } from '@gatehouse/ratelimit/config';
import { startRatelimit } from '@gatehouse/ratelimit/start';
import { renderBanner } from './banner.js';
import type { StandaloneConfig } from './config.js';
import { openDataFolder } from './data-folder.store.js';
import { partOf, stopAll } from './part.js';

const builtInProfiles = fileURLToPath(new URL('../../../profiles', import.meta.url));

/**
 * Starts everything in one process, in the order in which parts need each other. What was started before a failure is
 * stopped again.
 * @returns the parts; the last one is to be stopped first.
 */
export async function startStandalone(
  config: StandaloneConfig,
  logger: Logger,
  print: (text: string) => void,
): Promise<readonly RunningService[]> {
  const started: RunningService[] = [];
  try {
    return await startParts(config, logger, print, started);
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

async function startParts(
  config: StandaloneConfig,
  logger: Logger,
  print: (text: string) => void,
  started: RunningService[],
): Promise<readonly RunningService[]> {
  const catalog = await loadCatalog(config.GATEHOUSE_CONFIG, builtInProfiles);
  const folder = await openDataFolder(config.GATEHOUSE_DATA_DIR, config.GATEHOUSE_SECRET);
  started.push(partOf('data-folder', () => folder.release()));

  const databaseUrl = config.DATABASE_URL ?? (await embeddedDatabase(folder.path, started));
  await migrateDatabase(databaseUrl, folder.rootSecret, [keysMigrations, identityMigrations]);

  const bus = config.NATS_URL
    ? await connectNats({ url: config.NATS_URL, name: 'standalone', logger })
    : inProcessBus();
  started.push(partOf('bus', () => bus.drain()));

  const usesExample = catalog.apis.some((api) => api.upstream === 'example');
  const exampleUrl = config.EXAMPLE_UPSTREAM_URL ?? (usesExample ? await exampleUpstream(started) : undefined);
  const environment = {
    ...config.environment,
    DATABASE_URL: databaseUrl,
    GATEHOUSE_SECRET: folder.rootSecret,
    GATEHOUSE_SECRET_FILE: undefined,
    DATABASE_URL_FILE: undefined,
    PUBLIC_URL: config.PUBLIC_URL ?? `http://localhost:${config.PORT}`,
    EXAMPLE_UPSTREAM_URL: exampleUrl,
  };
  started.push(await startKeys({ config: keysConfig(environment), bus, catalog, logger }));
  const identity = await startIdentity({
    config: identityConfig(environment),
    bus,
    logger,
    http: { host: '127.0.0.1', port: 0 },
  });
  started.push(identity);
  await folder.writeClaimToken(identity.claimToken);
  started.push(await startRatelimit({ config: ratelimitConfig(environment), bus, logger }));
  const gateway = await startGateway({
    config: gatewayConfig(environment),
    bus,
    catalog,
    logger,
    identityUrl: identity.httpUrl,
  });
  started.push(gateway);

  print(
    renderBanner({
      publicUrl: environment.PUBLIC_URL,
      apis: catalog.apis,
      claimToken: identity.claimToken,
      dataFolder: folder.path,
    }),
  );
  return started;
}

async function embeddedDatabase(folder: string, started: RunningService[]): Promise<string> {
  const server = await startEmbeddedPostgres({ folder });
  started.push(partOf('postgres', () => server.stop()));
  return server.url;
}

async function exampleUpstream(started: RunningService[]): Promise<string> {
  const upstream = await startExampleUpstream({ port: 0, host: '127.0.0.1' });
  started.push(partOf('example-upstream', () => upstream.stop()));
  return upstream.url;
}
