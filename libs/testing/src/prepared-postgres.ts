import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild } from '@gatehouse/launch/child.client';
import { startEmbeddedPostgres } from '@gatehouse/launch/embedded-postgres.client';
import { folderOfTheRun, temporaryFolder } from './temporary-folder.js';

/**
 * Puts the data of a new, empty PostgreSQL into a folder that `startEmbeddedPostgres` is then given: made by it once for
 * each process of a run, and copied, which takes a tenth of the time. Without GATEHOUSE_TEST_FOLDER nothing is put there,
 * and the start makes the data itself.
 */
export async function putPreparedPostgres(folder: string): Promise<void> {
  const run = folderOfTheRun();
  if (run === undefined) return;
  const prepared = join(run, `prepared-postgres-${process.pid}`);
  // Test files of one process run one after the other; what one file starts at once may make it twice.
  if (!existsSync(prepared)) await prepare(prepared);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  // Owners are kept: PostgreSQL's user is not ours.
  const copy = await startChild('cp', 'cp', ['-Rp', `${prepared}/.`, folder]);
  if ((await copy.ended) !== 0) throw new Error(`the prepared PostgreSQL was not copied: ${copy.lastOutput()}`);
}

async function prepare(prepared: string): Promise<void> {
  const making = await temporaryFolder('preparing-postgres-');
  const server = await startEmbeddedPostgres({ folder: making, durable: false });
  await server.stop();
  await rename(making, prepared).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    await rm(making, { recursive: true });
  });
}
