import { type NatsServer, startNatsServer } from '@gatehouse/launch/nats-server.client';

/** A real nats-server of a test's own. */
export interface TestNats {
  readonly url: string;
  readonly port: number;
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestNats(): Promise<TestNats> {
  let server: NatsServer = await startNatsServer();
  return {
    url: `nats://127.0.0.1:${server.port}`,
    port: server.port,
    kill: () => server.child.stop('SIGKILL', 5_000),
    restart: async () => {
      server = await startNatsServer({ port: server.port });
    },
    stop: () => server.stop(),
  };
}
