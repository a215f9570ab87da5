import { rm } from 'node:fs/promises';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@gatehouse/launch/embedded-postgres.client';
import { putPreparedPostgres } from './prepared-postgres.js';
import { temporaryFolder } from './temporary-folder.js';

/** A real PostgreSQL of a test's own, empty, gone with `stop`. `url` has the owner's login. */
export interface TestPostgres {
  readonly url: string;
  /** Ends the server as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with the data that it had. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = await temporaryFolder('gatehouse-postgres-');
  await putPreparedPostgres(folder);
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ folder, durable: false });
  const port = Number(new URL(server.url).port);
  return {
    url: server.url,
    kill: () => server.kill(),
    restart: async () => {
      server = await startEmbeddedPostgres({ folder, port, durable: false });
    },
    stop: async () => {
      // Nothing of its data is kept: it need not write them first.
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
