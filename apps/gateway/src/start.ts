import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { boundedQueue } from '@gatehouse/bus/bounded-queue';
import type { Bus } from '@gatehouse/bus/bus';
import type { Catalog } from '@gatehouse/catalog/api';
import type { Logger } from '@gatehouse/observability/logger';
import { createMetrics } from '@gatehouse/observability/metrics';
import type { RunningService } from '@gatehouse/observability/running-service';
import type { GatewayConfig } from './config.js';
import { clientAddresses } from './edge/client-address.server.js';
import { upstreamIdentityJwk } from './edge/identity-token.js';
import { fetchGithubKeys } from './leaks/github-keys.client.js';
import { SigningKeys } from './leaks/signing-keys.js';
import { passwordTurnBounds } from './management/password-turn-bounds.js';
import { servePlatform } from './management/platform.server.js';
import { servedHosts } from './management/served-hosts.js';
import { services } from './management/services.client.js';
import { managementSettings } from './management/settings.js';
import { identityHttp } from './people/identity-http.client.js';
import { createDataPlane } from './proxy/data-plane.server.js';
import { requestIds } from './proxy/request-ids.js';

export interface GatewayStart {
  readonly config: Readonly<GatewayConfig>;
  readonly bus: Bus;
  readonly catalog: Catalog;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly nowMs?: () => number;
  /** Where `upstream: example` leads; instead of EXAMPLE_UPSTREAM_URL. */
  readonly exampleUpstreamUrl?: string;
  /** Where identity's HTTP port is; instead of IDENTITY_URL. */
  readonly identityUrl?: string | undefined;
  /** Whether the metrics of the Node process are this service's to tell. */
  readonly processMetrics?: boolean;
}

/**
 * Starts a gateway: one HTTP server, and behind it the data plane and the management API.
 * @throws Error with code EADDRINUSE where the port is taken
 * @throws Error where a route states no rule, or an API's upstream cannot be used
 */
export async function startGateway(start: GatewayStart): Promise<RunningService & { readonly port: number }> {
  const { config, bus, catalog, logger, nowMs = Date.now } = start;
  const metrics = createMetrics('gateway', start.processMetrics ?? false);
  const client = bus.clientProxy();
  const ask = services(client, config.DEADLINE_FACTOR);
  const settings = managementSettings(config, nowMs);
  const identityUrl = start.identityUrl ?? config.IDENTITY_URL;
  const passwordTurns = boundedQueue(passwordTurnBounds(availableParallelism(), config.DEADLINE_FACTOR));
  const dataPlane = createDataPlane({
    catalog,
    bus,
    client,
    ask,
    passwordTurns,
    rootSecret: config.GATEHOUSE_SECRET,
    publicUrl: config.PUBLIC_URL,
    exampleUpstreamUrl: start.exampleUpstreamUrl ?? config.EXAMPLE_UPSTREAM_URL,
    importPeppers: config.IMPORT_PEPPERS,
    trustedProxies: config.TRUSTED_PROXIES,
    production: settings.production,
    metrics,
    logger,
    nowMs,
    deadlineFactor: config.DEADLINE_FACTOR,
  });
  const signingKeys = new SigningKeys({
    fetchKeys: () => fetchGithubKeys(config.GITHUB_SECRET_SCANNING_KEYS_URL),
    monotonicMs: () => performance.now(),
    failed: (error) => logger.warn({ err: error }, 'the keys that reports of leaks are signed with cannot be fetched'),
  });
  const platform = await servePlatform(
    {
      parts: {
        settings,
        catalog,
        ask,
        identityHttp: identityUrl === undefined ? undefined : identityHttp(identityUrl, config.GATEHOUSE_SECRET),
        upstreamIdentityKeys: [upstreamIdentityJwk(config.GATEHOUSE_SECRET)],
        signingKeys,
        importPeppers: config.IMPORT_PEPPERS,
        verification: dataPlane.verification,
      },
      door: {
        dataPlane,
        servedHosts: servedHosts(config.PUBLIC_URL, catalog),
        findClientAddress: clientAddresses(config.TRUSTED_PROXIES),
        newRequestId: requestIds(randomBytes(14)),
      },
      passwordTurns,
      metrics,
      logger,
    },
    config.PORT,
  ).catch(async (error: unknown) => {
    await dataPlane.drain(0);
    throw error;
  });
  let stopping = false;
  return {
    name: 'gateway',
    port: platform.port,
    metrics,
    notReady: () => (stopping ? ['stopping'] : dataPlane.notReady()),
    stop: async () => {
      stopping = true;
      await Promise.all([platform.close(), dataPlane.drain()]);
      await client.close();
    },
  };
}
