import { existsSync, readdirSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A time of day of one process's own, by libfaketime where that is installed (Debian: `libfaketime`). Its monotonic clock
 * goes on as it is: no jump of the time of day moves that.
 * @returns undefined where it is not installed.
 */
export function faketime() {
  const folder = '/usr/lib';
  const library = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name, 'faketime', 'libfaketimeMT.so.1'))
    .find((path) => existsSync(path));
  return library === undefined ? undefined : (path) => ownClock(library, path);
}

async function ownClock(library, path) {
  const jump = async (seconds) => {
    await writeFile(`${path}.new`, `${seconds < 0 ? '' : '+'}${seconds}`);
    await rename(`${path}.new`, path);
  };
  await jump(0);
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: path,
      // Looked at once a second: a process asks for the time more often than it could read the file.
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    /** @param seconds from the true time of day. */
    jump,
    /** Takes away what the library keeps in memory for a process, once that has ended. */
    forget: async ({ pid, ended }) => {
      await ended;
      for (const name of [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`])
        await rm(join('/dev/shm', name), { force: true });
    },
  };
}
