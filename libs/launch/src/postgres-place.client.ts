import { createHash } from 'node:crypto';
import { chown, cp, lstat, mkdir, readFile, readlink, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Where PostgreSQL's programs and data are, and as whom they run. */
export interface PostgresPlace {
  readonly initdb: string;
  readonly postgres: string;
  readonly dataFolder: string;
  /** Empty where we are not root: PostgreSQL then runs as we do. */
  readonly identity: { readonly uid?: number; readonly gid?: number };
}

/** Where root keeps what the unprivileged user of PostgreSQL must be able to reach. */
const ROOT_FOLDER = '/var/lib/gatehouse';

/**
 * PostgreSQL refuses to run as root. Where we are root, it runs as `postgres` (or `nobody`), and that user must be able
 * to reach the programs and the data: what lies behind a private folder (a checkout in /root, say) is kept below
 * /var/lib/gatehouse instead, with a link from the data folder.
 */
export async function placePostgres(
  folder: string,
  programs: { readonly initdb: string; readonly postgres: string },
): Promise<PostgresPlace> {
  const dataFolder = join(resolve(folder), 'postgres');
  if (process.getuid?.() !== 0) {
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    return { ...programs, dataFolder, identity: {} };
  }
  const identity = await unprivilegedUser();
  const placed = {
    ...((await isReachable(programs.postgres)) ? programs : await copyPrograms(programs)),
    dataFolder: (await isReachable(dirname(dataFolder))) ? dataFolder : await linkOutside(dataFolder),
  };
  await mkdir(placed.dataFolder, { recursive: true, mode: 0o700 });
  await chown(placed.dataFolder, identity.uid, identity.gid);
  return { ...placed, identity };
}

async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  for (const name of ['postgres', 'nobody']) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':');
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error('PostgreSQL cannot run as root, and there is no user "postgres" or "nobody" to run it as');
}

/** Whether everybody may pass through every folder on the way. */
async function isReachable(path: string): Promise<boolean> {
  for (let current = resolve(path); ; current = dirname(current)) {
    const mode = (await stat(current)).mode;
    if ((mode & 0o001) === 0) return false;
    if (current === dirname(current)) return true;
  }
}

async function copyPrograms(programs: { readonly initdb: string; readonly postgres: string }) {
  const native = dirname(dirname(programs.postgres));
  const copy = join(ROOT_FOLDER, `postgres-programs-${fingerprint(native)}`);
  await mkdir(ROOT_FOLDER, { recursive: true, mode: 0o755 });
  await cp(native, copy, { recursive: true, force: false, errorOnExist: false, verbatimSymlinks: true });
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}

async function linkOutside(dataFolder: string): Promise<string> {
  const outside = join(ROOT_FOLDER, `postgres-data-${fingerprint(dataFolder)}`);
  await mkdir(ROOT_FOLDER, { recursive: true, mode: 0o755 });
  const link = await lstat(dataFolder).catch(() => undefined);
  if (link === undefined) {
    // A data folder that was thrown away takes the data behind it along.
    await rm(outside, { recursive: true, force: true });
    await symlink(outside, dataFolder);
  } else if (!link.isSymbolicLink() || (await readlink(dataFolder)) !== outside) {
    throw new Error(`${dataFolder} is in the way: PostgreSQL's user cannot reach it, and it is not a link of ours`);
  }
  return outside;
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
