import { createServer, type Server } from 'node:http';
import { Registry } from 'prom-client';

/** What the internal port needs to know: is the process alive, may it get traffic, what has it counted. */
export interface Health {
  /** Names of the parts that are not ready; empty: ready. */
  notReady(): Promise<readonly string[]> | readonly string[];
}

/**
 * The internal port: `/livez`, `/readyz`, `/metrics`. Never reachable from outside.
 * @throws Error with code EADDRINUSE where the port is taken.
 */
export async function startInternalServer(
  port: number,
  health: Health,
  metrics: () => readonly Registry[],
): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = 'text/plain') =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    const path = request.url?.split('?')[0];
    if (path === '/livez') return answer(200, 'alive\n');
    if (path === '/readyz') {
      Promise.resolve()
        .then(() => health.notReady())
        .then(
          (parts) => (parts.length === 0 ? answer(200, 'ready\n') : answer(503, `not ready: ${parts.join(', ')}\n`)),
          () => answer(503, 'not ready\n'),
        );
      return;
    }
    if (path === '/metrics') {
      Promise.all(metrics().map((registry) => registry.metrics())).then(
        (texts) => answer(200, texts.join('\n'), Registry.PROMETHEUS_CONTENT_TYPE),
        () => answer(500, 'the metrics could not be collected\n'),
      );
      return;
    }
    answer(404, 'not found\n');
  });
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  return server;
}
