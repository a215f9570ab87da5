import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, hash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startExampleUpstream } from '@gatehouse/example-upstream/upstream.server';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { type Platform, repositoryRoot, startStandalonePlatform } from '@gatehouse/testing/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Agent, request } from 'undici';

const PEPPER = randomBytes(24);
const CONFIGURATION = `
apis:
  - name: exante
    profile: exante
    upstream: example
    routes: [{ match: "* /**", scopes: [invoices.read] }]
    importedKeys:
      - { prefix: "hex_", length: 44, digest: sha256 }
      - { prefix: "b64_", length: 44, digest: sha256 }
      - { prefix: "mac_", length: 44, digest: hmac-sha256, pepper: former }
      - { prefix: "raw_", length: 44, digest: hmac-sha256, pepper: former }
`;
const EACH = 5_000;

/** How a former system may have kept its keys, and how a file then says them. */
const KINDS = {
  hex: (key: string) => ({ hash: hash('sha256', key, 'hex') }),
  b64: (key: string) => ({ hash: { algorithm: 'sha256', encoding: 'base64', value: hash('sha256', key, 'base64') } }),
  mac: (key: string) => ({ hash: { algorithm: 'hmac-sha256', encoding: 'hex', value: peppered(key) } }),
  raw: (key: string) => ({ key }),
  own: (key: string) => ({ key }),
};
const peppered = (key: string) => createHmac('sha256', PEPPER).update(key).digest('hex');
const newKey = (kind: string) => (kind === 'own' ? mintKey('ex_live_') : `${kind}_${randomBytes(20).toString('hex')}`);

describe('an import from the command line', () => {
  let folder: string;
  let platform: Platform;
  let upstream: Awaited<ReturnType<typeof startExampleUpstream>>;
  let environment: Readonly<Record<string, string>>;
  const agent = new Agent({ connections: 16 });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-import-'));
    upstream = await startExampleUpstream({ port: 0, host: '127.0.0.1' });
    platform = await startStandalonePlatform({
      configuration: CONFIGURATION,
      exampleUpstreamUrl: upstream.url,
      environment: { IMPORT_PEPPERS: `former=${PEPPER.toString('base64')}` },
    });
    const signedIn = await fetch(`${platform.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(platform.admin),
    });
    const { access_token: token } = (await signedIn.json()) as { access_token: string };
    environment = { GATEHOUSE_URL: platform.url, GATEHOUSE_TOKEN: token };
  });
  afterAll(async () => {
    await agent.close();
    await platform?.stop();
    await upstream?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function start(...args: string[]) {
    const child: ChildProcess = spawn(process.execPath, ['apps/cli/bin/gatehouse.mjs', ...args], {
      cwd: repositoryRoot,
      env: { PATH: process.env['PATH'], ...environment },
    });
    const output = { out: '', err: '' };
    child.stdout?.on('data', (text) => (output.out += text));
    child.stderr?.on('data', (text) => (output.err += text));
    const ended = new Promise<{ exitCode: number | null; out: string; err: string }>((resolve) => {
      child.once('close', (exitCode) => resolve({ exitCode, ...output }));
    });
    return { child, ended };
  }

  /** What the gateway says of a key. A machine that is busy answers 503, which says nothing of it: then once more. */
  const status = async (key: string) => {
    const headers = { authorization: `Bearer ${key}` };
    for (const untilMs = performance.now() + 30_000; ; ) {
      const answer = await request(`${platform.url}/apis/exante/whoami`, { dispatcher: agent, headers });
      await answer.body.dump();
      if (answer.statusCode !== 503 || performance.now() > untilMs) return answer.statusCode;
    }
  };

  it('brings keys of every kind over, is killed on the way and resumed, and then they work', async () => {
    const keys = Array.from({ length: EACH }, () => Object.keys(KINDS).map((kind) => newKey(kind))).flat();
    const kindOf = (key: string) => KINDS[(key.startsWith('ex_') ? 'own' : key.slice(0, 3)) as keyof typeof KINDS];
    const rows = keys.map((key, index) => ({ ...kindOf(key)(key), name: `Key ${index}`, scopes: ['invoices.read'] }));
    const file = join(folder, 'keys.ndjson');
    await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const args = ['keys', 'import', '--file', file, '--api', 'exante', '--batch', '100', '--json'];

    const killed = start(...args);
    const untilMs = performance.now() + 30_000;
    while (!existsSync(`${file}.gatehouse-import`) && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    killed.child.kill('SIGKILL');
    expect((await killed.ended).exitCode).toBeNull();
    const { line } = JSON.parse(await readFile(`${file}.gatehouse-import`, 'utf8'));
    expect(line).toBeGreaterThan(0);
    expect(line).toBeLessThan(keys.length);

    const resumed = await start(...args).ended;
    const summary = JSON.parse(resumed.out);
    expect({ exitCode: resumed.exitCode, ...summary }).toMatchObject({
      exitCode: 0,
      complete: true,
      resumed_after_line: line,
      last_line: keys.length,
      refused: 0,
    });
    expect(summary.imported + summary.exists).toBe(keys.length);
    // What was sent behind the checkpoint came twice, and made no second key.
    expect(summary.exists).toBeLessThan(keys.length / 2);

    const again = JSON.parse((await start(...args).ended).out);
    expect(again).toMatchObject({ complete: true, imported: 0, exists: keys.length, refused: 0 });

    const sample = Array.from({ length: 1_000 }, (_, index) => keys[(index * 7_919) % keys.length] ?? '');
    for (let from = 0; from < sample.length; from += 50) {
      const statuses = await Promise.all(sample.slice(from, from + 50).map(status));
      expect(new Set(statuses)).toEqual(new Set([200]));
    }
    for (const kind of Object.keys(KINDS)) expect([kind, await status(newKey(kind))]).toEqual([kind, 401]);
    const secret = keys.find((key) => key.startsWith('raw_')) ?? '';
    for (const text of [platform.output(), resumed.out, resumed.err]) expect(text).not.toContain(secret);
  }, 180_000);

  it('says in its exit code that rows were refused, and writes them down', async () => {
    const file = join(folder, 'some.csv');
    const failures = join(folder, 'failures.ndjson');
    const [good, bad] = [newKey('hex'), newKey('hex')].map((key) => hash('sha256', key, 'base64'));
    await writeFile(file, `hash,name,scopes\n${good},Good,invoices.read\n${bad},Bad,nothing\n`);
    const args = ['keys', 'import', '--file', file, '--api', 'exante', '--hash', 'sha256:base64'];
    const { exitCode, err } = await start(...args, '--failures', failures).ended;
    expect(exitCode).toBe(1);
    expect(err).toContain('1 imported, 0 there before, 1 refused');
    expect(JSON.parse(await readFile(failures, 'utf8'))).toMatchObject({
      line: 3,
      code: 'unknown_scope',
      field: 'scopes',
    });
  });

  it('exports what there is, without secrets, and only as a whole', async () => {
    const file = join(folder, 'export.csv');
    const { exitCode, out } = await start('keys', 'export', '--format', 'csv', '--file', file, '--json').ended;
    expect(exitCode).toBe(0);
    const text = await readFile(file, 'utf8');
    expect(JSON.parse(out)).toEqual({ file, bytes: Buffer.byteLength(text) });
    const lines = text.trim().split('\r\n');
    expect(lines.length).toBe(1 + EACH * Object.keys(KINDS).length + 1);
    expect(text).toContain('raw_...');
    expect(text).not.toMatch(/raw_[0-9a-f]/);
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  it('exits with 3 for a token that is not valid', async () => {
    const file = join(folder, 'none.ndjson');
    await writeFile(file, '{"key":"x","name":"n","scopes":[]}\n');
    environment = { ...environment, GATEHOUSE_TOKEN: 'nobody' };
    for (const args of [['import', '--file', file, '--api', 'exante'], ['export']]) {
      expect((await start('keys', ...args).ended).exitCode).toBe(3);
    }
  });
});
