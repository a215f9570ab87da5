import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder of a test's own that PostgreSQL's user can pass through, so that its data stay in there and go with it.
 * GATEHOUSE_TEST_FOLDER says where; see `tools/test-folder.mjs`.
 */
export async function temporaryFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(folderOfTheRun() ?? tmpdir(), prefix));
  await chmod(folder, 0o755);
  return folder;
}

/** Where a run of tests keeps what several of its files need; undefined: nowhere. Gone with the run. */
export function folderOfTheRun(): string | undefined {
  return process.env['GATEHOUSE_TEST_FOLDER'];
}
