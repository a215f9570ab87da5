import { connect } from 'node:net';
import { type Child, startChild } from './child.client.js';
import { freePort } from './free-port.client.js';
import { waitUntil } from './wait-until.client.js';

export interface NatsServer {
  readonly port: number;
  readonly child: Child;
  stop(): Promise<void>;
}

export interface NatsServerOptions {
  readonly port?: number;
  readonly configFile?: string;
  /** The whole environment of the server, PATH included; without it, ours. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Starts the nats-server found on PATH on loopback, with a configuration file where one is given. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const port = options.port ?? (await freePort());
  const args = ['-a', '127.0.0.1', '-p', String(port), ...(options.configFile ? ['-c', options.configFile] : [])];
  const child = await startChild('nats-server', 'nats-server', args, {
    detached: true,
    ...(options.environment ? { env: options.environment } : {}),
  });
  await waitUntil('nats-server', () => accepts(port), 10_000, child);
  return { port, child, stop: () => child.stop('SIGTERM', 5_000) };
}

/** Whether something accepts connections on this port of loopback. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
