import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** The folder in which a Gatehouse on one machine keeps everything; one process at a time. */
export interface DataFolder {
  readonly path: string;
  /** The given root secret, or one that was made here on the first start. */
  readonly rootSecret: string;
  /** Where the one-time token for the first administrator lies while nobody has used it. */
  writeClaimToken(token: string | null): Promise<void>;
  release(): Promise<void>;
}

/**
 * Opens the data folder and makes it on the first start.
 * @throws Error where another process that still runs has it open.
 */
export async function openDataFolder(folder: string, givenSecret: string | undefined): Promise<DataFolder> {
  const path = resolve(folder);
  await mkdir(path, { recursive: true, mode: 0o755 });
  const lock = join(path, 'gatehouse.pid');
  await takeLock(lock, path);
  const claim = join(path, 'claim-token');
  return {
    path,
    rootSecret: givenSecret ?? (await ownSecret(join(path, 'secret'))),
    writeClaimToken: async (token) => {
      if (token === null) await rm(claim, { force: true });
      else await writeFile(claim, token, { mode: 0o600 });
    },
    release: async () => {
      if ((await holderOf(lock)) === process.pid) await rm(lock, { force: true });
    },
  };
}

/** How long opening waits for others that open the same folder. */
const LOCK_DEADLINE_MS = 5_000;
const RETRY_MS = 20;

/**
 * The lock is a file with our process id, which appears complete or not at all. A lock that a dead process left is
 * taken away under a second, short-lived one, so that no two processes can take over at once.
 */
async function takeLock(lock: string, path: string): Promise<void> {
  const ours = `${lock}.${process.pid}`;
  await writeFile(ours, String(process.pid), { mode: 0o600 });
  try {
    for (const deadline = performance.now() + LOCK_DEADLINE_MS; performance.now() < deadline; await pause(RETRY_MS)) {
      if (await succeeds(link(ours, lock), 'EEXIST')) return;
      const holder = await holderOf(lock);
      if (await isRunning(holder))
        throw new Error(`another Gatehouse (process ${holder}) uses the data folder ${path}`);
      await removeDeadLock(lock);
    }
  } finally {
    await rm(ours, { force: true });
  }
  throw new Error(`the data folder ${path} is being opened by another process`);
}

async function removeDeadLock(lock: string): Promise<void> {
  const takeover = `${lock}.takeover`;
  if (!(await succeeds(mkdir(takeover), 'EEXIST'))) {
    // Left behind by a crash within these few lines.
    const age = Date.now() - ((await stat(takeover).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > LOCK_DEADLINE_MS / 2) await rm(takeover, { recursive: true, force: true });
    return;
  }
  try {
    if (!(await isRunning(await holderOf(lock)))) await rm(lock, { force: true });
  } finally {
    await rm(takeover, { recursive: true, force: true });
  }
}

async function holderOf(lock: string): Promise<number> {
  return Number(await readFile(lock, 'utf8').catch(() => ''));
}

/** False where it fails with this code. */
async function succeeds(work: Promise<unknown>, code: string): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return false;
    throw error;
  }
}

/** A process id may have been given to another program since: only a Node process counts. */
async function isRunning(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'node');
  return commandLine.includes('node');
}

async function ownSecret(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known !== '') return known.trim();
  const secret = randomBytes(32).toString('hex');
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  return secret;
}
