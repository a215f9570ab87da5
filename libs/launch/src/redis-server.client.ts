import { type Child, startChild } from './child.client.js';
import { freePort } from './free-port.client.js';
import { accepts } from './nats-server.client.js';
import { waitUntil } from './wait-until.client.js';

export interface RedisServer {
  readonly url: string;
  readonly child: Child;
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  readonly port?: number;
  /** More of the server's own options; they go before ours. */
  readonly args?: readonly string[];
}

/** Starts the redis-server found on PATH on loopback, with nothing written to disk unless `args` say so. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const port = options.port ?? (await freePort());
  const child = await startChild(
    'redis-server',
    'redis-server',
    ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', ...(options.args ?? [])],
    { detached: true },
  );
  await waitUntil('redis-server', () => accepts(port), 10_000, child);
  return { url: `redis://127.0.0.1:${port}`, child, stop: () => child.stop('SIGTERM', 5_000) };
}
