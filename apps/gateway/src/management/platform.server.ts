import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import type { Logger } from '@gatehouse/observability/logger';
import { nestLogger } from '@gatehouse/observability/nest-logger';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Registry } from 'prom-client';
import { CONTROLLERS, type GatewayParts, gatewayModule } from '../app.module.js';
import { judgeManagementKey } from '../verification/judge-management-key.js';
import { admitLargeBody } from './admit-large-body.client.js';
import { type FrontDoor, type FrontDoorOptions, frontDoor } from './front-door.server.js';
import { managementFramework } from './management-app.server.js';
import { ProblemFilter } from './problem.filter.js';
import { requestMetrics } from './request-metrics.server.js';
import { checkEveryRouteHasRule } from './route-rules.guard.js';

export interface Platform {
  readonly parts: GatewayParts;
  readonly door: Omit<FrontDoorOptions, 'management' | 'production'>;
  /** Whatever hashes a password takes turns. */
  readonly passwordTurns: BoundedQueue;
  readonly metrics: Registry;
  readonly logger: Logger;
}

/**
 * Serves the platform's own host, and hands the data plane what is for published APIs.
 * @param port 0: any free one
 * @throws Error with code EADDRINUSE where the port is taken
 */
export async function servePlatform(platform: Platform, port: number) {
  const { parts, metrics, logger } = platform;
  let door: FrontDoor | undefined;
  const { adapter, routes } = managementFramework(
    (management) => {
      door = frontDoor({ ...platform.door, production: parts.settings.production, management });
      return door.server;
    },
    admitLargeBody(parts.ask, judgeManagementKey(parts.verification), parts.settings.secureCookies),
    platform.passwordTurns,
    requestMetrics(metrics),
    logger,
  );
  const app = await NestFactory.create<NestFastifyApplication>(gatewayModule(parts), adapter, {
    logger: nestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new ProblemFilter(logger, () => routes));
  await app.init();
  await adapter.getInstance().ready();
  checkEveryRouteHasRule(routes, CONTROLLERS);
  if (door === undefined) throw new Error('the framework has not asked for its server');
  const { server, close } = door;
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    routes,
    /** Answers what is under way, then lets go. */
    close: async () => {
      await close();
      await app.close();
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
