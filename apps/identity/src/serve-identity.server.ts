import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bus } from '@gatehouse/bus/bus';
import type { Logger } from '@gatehouse/observability/logger';
import { nestLogger } from '@gatehouse/observability/nest-logger';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';

/** A request of the gateway has a line and a few headers. */
const REQUEST_TIMEOUT_MS = 10_000;

export interface Serving {
  readonly bus: Bus;
  readonly logger: Logger;
  /** Undefined: there is no HTTP port. */
  readonly http: { readonly host?: string; readonly port: number } | undefined;
}

/**
 * Serves messages from the bus, and requests of the gateway over HTTP: one application, two doors.
 * @throws Error with code EADDRINUSE where the port is taken
 */
export async function serveIdentity(module: DynamicModule, { bus, logger, http }: Serving) {
  const app = await NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(), {
    logger: nestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.connectMicroservice({ strategy: bus.serverStrategy('identity') });
  await app.startAllMicroservices();
  await app.init();
  if (http === undefined) return { httpUrl: undefined, close: () => app.close() };

  const server: Server = app.getHttpServer();
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  try {
    await (http.host === undefined ? app.listen(http.port) : app.listen(http.port, http.host));
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    httpUrl: `http://${http.host ?? '127.0.0.1'}:${port}`,
    close: async () => {
      await app.close();
    },
  };
}
