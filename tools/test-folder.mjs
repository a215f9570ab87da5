import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';

const IN_MEMORY = '/dev/shm';
const BYTES_NEEDED = 3 * 1_024 ** 3;

/**
 * A folder for the data of a run's tests: in memory where there is plenty of it, since every PostgreSQL of a test makes
 * and deletes a thousand files, which some file systems take seconds for. Gone with this process.
 * @returns the environment to run the tests in.
 */
export function withTestFolder(environment) {
  const folder = mkdtempSync(join(hasRoomInMemory() ? IN_MEMORY : tmpdir(), 'gatehouse-test-'));
  // PostgreSQL's user passes through.
  chmodSync(folder, 0o755);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  return { ...environment, GATEHOUSE_TEST_FOLDER: folder };
}

function hasRoomInMemory() {
  try {
    accessSync(IN_MEMORY, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return Math.min(bavail * bsize, freemem()) >= BYTES_NEEDED;
  } catch {
    return false;
  }
}
