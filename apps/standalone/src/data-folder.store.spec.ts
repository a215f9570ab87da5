import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDataFolder } from './data-folder.store.js';

describe('the data folder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-data-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('makes a root secret once, for its owner alone, and keeps it', async () => {
    const first = await openDataFolder(folder, undefined);
    await first.release();
    const second = await openDataFolder(folder, undefined);
    expect(second.rootSecret).toBe(first.rootSecret);
    expect(second.rootSecret).toMatch(/^[0-9a-f]{64}$/);
    expect((await stat(join(folder, 'secret'))).mode & 0o777).toBe(0o600);
  });

  it('does not write a secret that was given down', async () => {
    await openDataFolder(folder, 'a secret that came from outside, 40 char');
    await expect(stat(join(folder, 'secret'))).rejects.toThrow('ENOENT');
  });

  it('is open in one process at a time', async () => {
    // The parent of this process certainly runs, and is Node's.
    await writeFile(join(folder, 'gatehouse.pid'), String(process.ppid));
    await expect(openDataFolder(folder, undefined)).rejects.toThrow(`another Gatehouse (process ${process.ppid})`);
  });

  it('is taken over from a process that is gone', async () => {
    await writeFile(join(folder, 'gatehouse.pid'), '999999999');
    const taken = await openDataFolder(folder, undefined);
    expect(await readFile(join(folder, 'gatehouse.pid'), 'utf8')).toBe(String(process.pid));
    await taken.release();
  });

  it('is taken over by one of many that find a dead lock at the same moment', async () => {
    const program = `
      import { openDataFolder } from '${new URL('../dist/data-folder.store.js', import.meta.url)}';
      try { await openDataFolder(process.argv[1]); console.log('open'); setInterval(() => undefined, 1_000); }
      catch (error) { console.log(error.message); }`;
    for (let round = 0; round < 5; round++) {
      await writeFile(join(folder, 'gatehouse.pid'), '999999999');
      const rivals = Array.from({ length: 4 }, () =>
        spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
          stdio: ['ignore', 'pipe', 'inherit'],
        }),
      );
      const said = await Promise.all(rivals.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])));
      expect(said.filter((text) => text.startsWith('open'))).toHaveLength(1);
      expect(said.filter((text) => text.includes('uses the data folder'))).toHaveLength(3);
      await Promise.all(
        rivals.map(async (rival) => {
          rival.kill();
          if (rival.exitCode === null && rival.signalCode === null) await once(rival, 'exit');
        }),
      );
    }
  });

  it('does not take the lock of another process away when it is released', async () => {
    const open = await openDataFolder(folder, undefined);
    await writeFile(join(folder, 'gatehouse.pid'), String(process.ppid));
    await open.release();
    expect(await readFile(join(folder, 'gatehouse.pid'), 'utf8')).toBe(String(process.ppid));
  });

  it('forgets the claim token as soon as there is an administrator', async () => {
    const open = await openDataFolder(folder, undefined);
    await open.writeClaimToken('once');
    expect(await readFile(join(folder, 'claim-token'), 'utf8')).toBe('once');
    await open.writeClaimToken(null);
    await expect(stat(join(folder, 'claim-token'))).rejects.toThrow('ENOENT');
  });
});
