import { rmSync } from 'node:fs';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readPrefixes, writePrefix } from '@gatehouse/key-domain/key-prefix';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { temporaryFolder } from '@gatehouse/testing/temporary-folder';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runLeaksScan } from './leaks-scan.controller.js';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder('gatehouse-leaks-scan-');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, content: string | Buffer): Promise<void> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

async function scan(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const exit = await runLeaksScan(args, {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    settings: () => ({}),
  });
  const [stdout, stderr] = [out.join(''), err.join('')];
  return {
    exit,
    stdout,
    stderr,
    lines: stdout
      .trimEnd()
      .split('\n')
      .filter((line) => line !== ''),
  };
}
const scanned = (...args: string[]) => scan(folder, '--prefix', 'ex_live_', ...args);

/** Chance that comes out the same each time. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A text that is nearly a key, of one of the kinds that are found in repositories. */
function decoy(kind: number, prefix: string, below: (count: number) => number): string {
  const random = (length: number) => Array.from({ length }, () => ALPHABET[below(62)]).join('');
  const key = mintKey(prefix);
  const place = prefix.length + below(49);
  const decoys = [
    `${prefix}${random(49)}`,
    `${prefix}${'x'.repeat(49)}`,
    key.slice(0, -1),
    key.slice(0, place) + (key[place] === 'Z' ? 'Y' : 'Z') + key.slice(place + 1),
    swapped(key),
    key.slice(prefix.length),
    `${prefix.toUpperCase()}${key.slice(prefix.length)}`,
    `${prefix}${random(20)}-${random(28)}`,
    `ghp_${random(36)}`,
    `eyJ${random(40)}.${random(80)}.${random(43)}`,
  ];
  return decoys[kind % decoys.length] as string;
}

/** With its last two neighbours that differ in each other's place. */
function swapped(key: string): string {
  let place = key.length - 2;
  while (key[place] === key[place + 1]) place--;
  return `${key.slice(0, place)}${key[place + 1]}${key[place]}${key.slice(place + 2)}`;
}

describe('gatehouse leaks scan', () => {
  it('finds every key among ten thousand texts that look like one, and nothing else', async () => {
    const prefixes = readPrefixes({ a: 'ex_live_', b: 'sk_', c: 'shop_{project_slug}_' });
    const texts = prefixes.map((prefix) => writePrefix(prefix, 'my-shop'));
    const below = chance(7);
    const expected: string[] = [];
    let decoys = 0;
    for (let file = 0; file < 200; file++) {
      const name = `src/${file % 7}/module-${file % 13}/file-${file}.${['ts', 'env', 'json', 'md'][file % 4]}`;
      const lines: string[] = [];
      for (let row = 0; row < 60; row++) {
        const prefix = texts[below(3)] as string;
        const before = ['KEY=', '  "token": "', '// ', 'export const x = `', '\\n', 'https://a.b/?key='][
          below(6)
        ] as string;
        if (row % 10 !== 9) {
          decoys++;
          lines.push(`${before}${decoy(decoys, prefix, below)}${' '.repeat(below(200))}`);
        } else if (below(5) === 0) {
          const key = mintKey(prefix);
          expected.push(`${join(folder, name)}:${row + 1}:${before.length + 1}: ${prefix}...${key.slice(-4)}`);
          lines.push(`${before}${key}"`);
        } else lines.push('nothing here');
      }
      await write(name, lines.join('\n'));
    }
    expect(decoys).toBeGreaterThan(10_000);
    expect(expected.length).toBeGreaterThan(150);
    const { exit, lines } = await scan(
      folder,
      '--prefix',
      'ex_live_',
      '--prefix',
      'sk_',
      '--prefix',
      'shop_{project_slug}_',
    );
    expect(exit).toBe(1);
    expect(lines.map((line) => line.replace(/ \(.*\)$/, '')).sort()).toEqual(expected.sort());
  });

  it('shows where a key is and how it ends, never the key', async () => {
    const key = mintKey('ex_live_');
    await write('a/b.txt', `one\ntwo ${key}`);
    for (const options of [[], ['--json']]) {
      const { stdout, stderr } = await scanned(...options);
      expect(stdout).toContain(`ex_live_...${key.slice(-4)}`);
      expect(stdout + stderr).not.toContain(key.slice(8, 20));
    }
    expect((await scanned()).stdout).toBe(`${folder}/a/b.txt:2:5: ex_live_...${key.slice(-4)} (ex_live_)\n`);
  });

  it('gives one JSON object with --json, also where there is nothing', async () => {
    const none = await scanned('--json');
    expect([none.exit, JSON.parse(none.stdout)]).toEqual([
      0,
      { findings: [], scanned_files: 0, binary_files: 0, unreadable: 0 },
    ]);
    const keys = [mintKey('ex_live_'), mintKey('ex_live_')];
    await write('a', keys.join('\n'));
    const some = await scanned('--json');
    expect([some.exit, JSON.parse(some.stdout)]).toEqual([
      1,
      {
        findings: keys.map((key, index) => ({
          file: `${folder}/a`,
          line: index + 1,
          column: 1,
          display: `ex_live_...${key.slice(-4)}`,
          pattern: 'ex_live_',
        })),
        scanned_files: 1,
        binary_files: 0,
        unreadable: 0,
      },
    ]);
  });

  it('leaves out what is in .git, and nothing else that begins with a dot', async () => {
    await write('.git/config', mintKey('ex_live_'));
    await write('sub/.git/HEAD', mintKey('ex_live_'));
    expect((await scanned()).exit).toBe(0);
    await write('.github/workflows/ci.yml', mintKey('ex_live_'));
    await write('.env', mintKey('ex_live_'));
    await write('.gitignore', mintKey('ex_live_'));
    expect((await scanned()).lines).toHaveLength(3);
  });

  it('leaves binary files out, and says how many', async () => {
    await write('image.png', Buffer.concat([Buffer.from([0x89, 0x50, 0, 1]), Buffer.from(mintKey('ex_live_'))]));
    await write('text', 'nothing');
    const { exit, stderr } = await scanned();
    expect([exit, stderr]).toEqual([0, '0 keys in 1 files; 1 binary files were left out\n']);
  });

  it('reads UTF-8, Latin-1 and the UTF-16 that Windows writes', async () => {
    const key = mintKey('ex_live_');
    await write('utf8', `größe = ${key}`);
    await write('latin1', Buffer.from(`größe = ${key}`, 'latin1'));
    const utf16 = Buffer.from(`\ufeffgröße\r\n= ${key}`, 'utf16le');
    await write('utf16le', utf16);
    await write('utf16be', Buffer.from(utf16).swap16());
    expect((await scanned()).lines.map((line) => line.split('/').at(-1)?.split(': ')[0])).toEqual([
      'latin1:1:9',
      'utf16be:2:3',
      'utf16le:2:3',
      'utf8:1:11',
    ]);
  });

  it('finds keys across the pieces in which a large file of one line is read', async () => {
    const keys = Array.from({ length: 400 }, () => mintKey('ex_live_'));
    const filler = 'ex_live_'.repeat(4_096);
    await write('big.min.js', keys.map((key, index) => `${filler.slice(index * 7)}${key}`).join(''));
    const { lines } = await scanned();
    expect(lines).toHaveLength(400);
    expect(lines.every((line) => line.includes('big.min.js:1:'))).toBe(true);
  });

  it('follows no links, so that a circle has an end', async () => {
    await write('a/key', mintKey('ex_live_'));
    await symlink('..', join(folder, 'a', 'up'));
    await symlink('key', join(folder, 'a', 'again'));
    await symlink('/nowhere', join(folder, 'a', 'dead'));
    expect((await scanned()).lines).toHaveLength(1);
  });

  it('tells a terminal how far it is, and nobody else', async () => {
    for (let file = 0; file < 250; file++) await write(`${file}`, 'nothing');
    const err: string[] = [];
    const io = { stdout: { write: () => true }, settings: () => ({}) };
    const stderr = { write: (text: string) => err.push(text) };
    await runLeaksScan([folder, '--prefix', 'ex_'], { ...io, stderr: { ...stderr, isTTY: true } });
    expect(err).toEqual(['\r100 files', '\r200 files', '\r\u001b[K', expect.stringContaining('in 250 files')]);
    err.length = 0;
    await runLeaksScan([folder, '--prefix', 'ex_'], { ...io, stderr });
    expect(err).toHaveLength(1);
  });

  it('looks through one file, where a file is named', async () => {
    await write('one', mintKey('ex_live_'));
    await write('two', mintKey('ex_live_'));
    expect((await scan(join(folder, 'one'), '--prefix', 'ex_live_')).lines).toHaveLength(1);
  });

  it('shows a name of a file so that a terminal does not obey it', async () => {
    await write('a\u001b[2J\nb', mintKey('ex_live_'));
    const { stdout } = await scanned();
    expect(stdout).toContain('a\\u{1b}[2J\\u{a}b:1:1: ');
    expect(stdout.split('\n')).toHaveLength(2);
  });

  it('looks for the keys of the APIs that the configuration publishes, and for management keys', async () => {
    await write('gatehouse.yaml', 'apis: [{ name: bills, profile: exante, upstream: example }]');
    await write('code', `${mintKey('ex_test_')}\n${mintKey('other_')}\n${mintKey('ghm_')}`);
    const { lines } = await scan(folder, '--config', join(folder, 'gatehouse.yaml'));
    expect(lines).toEqual([
      expect.stringMatching(/code:1:1: ex_test_\.\.\.\w{4} \(bills-test\)$/),
      expect.stringMatching(/code:3:1: ghm_\.\.\.\w{4} \(gatehouse-live\)$/),
    ]);
  });

  it.each([
    ['without a folder', []],
    ['with two', ['a', 'b']],
    ['with an unknown option', ['a', '--secret']],
    ['with a prefix that no profile could have', ['a', '--prefix', 'Ex_']],
    ['with a prefix that has two slugs', ['a', '--prefix', 'x_{project_slug}_{project_slug}_']],
    ['with prefix and configuration', ['a', '--prefix', 'ex_', '--config', 'x']],
    ['with a folder that is not there', ['/nowhere/at/all', '--prefix', 'ex_']],
    ['with a configuration that is not there', ['.', '--config', '/nowhere/gatehouse.yaml']],
  ])('refuses a call %s with 2, and says why', async (_, args) => {
    const { exit, stderr, stdout } = await scan(...args);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^gatehouse: .{10,}/);
    const json = await scan(...args, '--json');
    expect([json.exit, JSON.parse(json.stdout)]).toEqual([
      2,
      { error: { code: expect.any(String), message: expect.any(String) } },
    ]);
  });

  it('does not say 0 where something could not be read', async () => {
    // Root may read every file; this one has nothing at its beginning, for anybody.
    let unreadable = '/proc/self/mem';
    if (process.platform !== 'linux') {
      unreadable = join(folder, 'locked');
      await write('locked', 'nothing');
      await chmod(unreadable, 0);
    }
    const { exit, stderr } = await scan(unreadable, '--prefix', 'ex_live_');
    expect([exit, stderr]).toEqual([
      2,
      expect.stringMatching(/: cannot be read \(E[A-Z]+\)\n.*1 could not be read\n$/),
    ]);
  });

  it('goes on where a file goes away under its hands', async () => {
    for (const name of ['a', 'b', 'c']) await write(name, mintKey('ex_live_'));
    const [out, err]: [string[], string[]] = [[], []];
    const exit = await runLeaksScan([folder, '--prefix', 'ex_live_'], {
      stdout: {
        write: (text) => {
          out.push(text);
          rmSync(join(folder, 'b'), { force: true });
        },
      },
      stderr: { write: (text) => err.push(text) },
      settings: () => ({}),
    });
    expect([exit, out.length]).toEqual([1, 2]);
    expect(err.join('')).toContain(`${join(folder, 'b')}: cannot be read (ENOENT)`);
  });
});
