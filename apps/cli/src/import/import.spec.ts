import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answered, type Asked, gatehouse, startFakePlatform } from '../cli-under-test.conformance.js';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface SentRow {
  readonly line: number;
  readonly key: string;
}
const rowsOf = (asked: Asked): SentRow[] => JSON.parse(asked.body).rows;

/** Refuses every tenth line, and takes the others. */
function settle(asked: Asked): Answered {
  const data = rowsOf(asked).map(({ line }) =>
    line % 10 === 0
      ? { line, status: 'refused', code: 'unknown_scope', field: 'scopes', message: 'no such scope' }
      : { line, status: 'imported', id: `key_${line}` },
  );
  return { status: 200, body: { data } };
}

describe('gatehouse keys import', () => {
  let answer: (asked: Asked, count: number) => Answered | Promise<Answered>;
  let platform: Awaited<ReturnType<typeof startFakePlatform>>;
  let file: string;
  let checkpoint: string;
  let files = 0;
  beforeEach(async () => {
    answer = settle;
    platform = await startFakePlatform((asked, count) => answer(asked, count));
    file = join(folder, `keys-${++files}.ndjson`);
    checkpoint = `${file}.gatehouse-import`;
    writeFileSync(file, lines(100));
  });
  afterEach(() => platform.stop());

  const lines = (count: number) =>
    Array.from({ length: count }, (_, index) => `{"key":"sk_secret_${index + 1}","name":"n","scopes":[]}\n`).join('');
  const run = (args: readonly string[] = [], given: { stdin?: string; signal?: AbortSignal } = {}) =>
    gatehouse(['keys', 'import', '--file', file, '--api', 'xantly', ...args], {
      environment: platform.environment,
      ...given,
    });
  const json = async (args: readonly string[] = [], given: { signal?: AbortSignal } = {}) => {
    const { exitCode, out, err } = await run([...args, '--json'], given);
    return { exitCode, err, ...JSON.parse(out) };
  };
  /** Interrupts itself while the platform answers the n-th batch. */
  const interruptedAt = async (batch: number, args: readonly string[] = []) => {
    const interrupt = new AbortController();
    answer = (asked, count) => {
      if (count === batch) interrupt.abort();
      return settle(asked);
    };
    const stopped = await json(['--batch', '10', '--parallel', '1', ...args], { signal: interrupt.signal });
    answer = settle;
    return stopped;
  };

  it('sends every row once, in bounded batches, and says what became of them', async () => {
    const summary = await json(['--batch', '30', '--project', 'prj_1', '--import-id', 'move-1']);
    expect(summary).toMatchObject({
      exitCode: 1,
      import_id: 'move-1',
      complete: true,
      imported: 90,
      exists: 0,
      refused: 10,
      last_line: 100,
      resumed_after_line: 0,
    });
    expect(summary.failures[0]).toEqual({
      line: 10,
      code: 'unknown_scope',
      field: 'scopes',
      message: 'no such scope',
    });
    expect(platform.asked.map((asked) => rowsOf(asked).length).sort()).toEqual([10, 30, 30, 30]);
    expect(
      platform.asked
        .flatMap(rowsOf)
        .map(({ line }) => line)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    const [first] = platform.asked;
    expect(first).toMatchObject({ method: 'POST', url: '/api/v1/keys/import', authorization: 'Bearer ghm_token' });
    expect(JSON.parse(first?.body ?? '')).toMatchObject({ import_id: 'move-1', api: 'xantly', project: 'prj_1' });
    expect(existsSync(checkpoint)).toBe(false);
  });

  it('exits with 0 where nothing was refused', async () => {
    writeFileSync(file, lines(9));
    expect((await run()).exitCode).toBe(0);
  });

  it('never shows or writes down a key, whatever goes wrong', async () => {
    const failures = join(folder, 'failures.ndjson');
    writeFileSync(file, `${lines(10)}{"key":"sk_secret_11",\n{"key":"sk_secret_12"\n`);
    const { out, err } = await run(['--failures', failures, '--json']);
    await interruptedAt(2);
    for (const text of [out, err, readFileSync(failures, 'utf8'), readFileSync(checkpoint, 'utf8')]) {
      expect(text).not.toContain('sk_secret');
      expect(text).not.toContain('ghm_token');
    }
  });

  it('stops in good order when it is interrupted, and goes on behind what was settled', async () => {
    const failures = join(folder, 'resumed.ndjson');
    const stopped = await interruptedAt(4, ['--failures', failures]);
    expect(stopped).toMatchObject({ exitCode: 130, complete: false, last_line: 40, imported: 36, refused: 4 });
    expect(existsSync(checkpoint)).toBe(true);
    // What a killed run has written down behind its checkpoint comes again.
    writeFileSync(failures, `${readFileSync(failures, 'utf8')}${JSON.stringify({ line: 50 }).repeat(500)}\n`);

    const sentBefore = platform.asked.length;
    const resumed = await json(['--batch', '7', '--failures', failures]);
    expect(resumed).toMatchObject({ exitCode: 1, complete: true, imported: 90, refused: 10, resumed_after_line: 40 });
    expect(resumed.import_id).toBe(stopped.import_id);
    expect(
      platform.asked
        .slice(sentBefore)
        .flatMap(rowsOf)
        .map(({ line }) => line)[0],
    ).toBe(41);
    const listed = readFileSync(failures, 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text).line);
    expect(listed).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(existsSync(checkpoint)).toBe(false);
  });

  it('starts with the first line where file, API or import are others than those of the checkpoint', async () => {
    for (const change of [
      () => writeFileSync(file, lines(101)),
      () => writeFileSync(file, lines(100).replace('"n"', '"m"')),
      () => ['--project', 'other'],
      () => ['--import-id', 'other'],
    ]) {
      writeFileSync(file, lines(100));
      rmSync(checkpoint, { force: true });
      await interruptedAt(3);
      const args = change();
      expect(await json(args ?? [])).toMatchObject({ complete: true, resumed_after_line: 0 });
    }
  });

  it('keeps what was settled where the platform is lost on the way, and exits with 3', async () => {
    answer = (asked, count) =>
      count === 3 ? { status: 401, body: { code: 'token_expired', title: 'It has expired.' } } : settle(asked);
    const lost = await json(['--batch', '10', '--parallel', '1']);
    expect(lost).toMatchObject({ exitCode: 3, complete: false, last_line: 20, error: { code: 'token_expired' } });
    answer = settle;
    expect(await json()).toMatchObject({ complete: true, resumed_after_line: 20, imported: 90 });
  });

  it('sends a batch again that the platform could not take at that moment', async () => {
    answer = (asked, count) =>
      count === 1
        ? { status: 503, headers: { 'retry-after': '0' }, body: { code: 'service_unavailable' } }
        : settle(asked);
    expect(await json(['--batch', '100'])).toMatchObject({ exitCode: 1, complete: true, imported: 90 });
    expect(platform.asked.map(({ body }) => body)[0]).toBe(platform.asked.map(({ body }) => body)[1]);
  });

  it('does not overwrite a file that is no checkpoint, nor the file that it imports', async () => {
    writeFileSync(checkpoint, 'my own notes');
    expect((await run()).exitCode).toBe(2);
    expect(readFileSync(checkpoint, 'utf8')).toBe('my own notes');
    rmSync(checkpoint);
    expect((await run(['--failures', file])).exitCode).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe(lines(100));
  });

  it('reads standard input, without a checkpoint', async () => {
    const given = { environment: platform.environment, stdin: lines(20) };
    const args = ['keys', 'import', '--file', '-', '--format', 'ndjson', '--api', 'xantly', '--json'];
    const { exitCode, out } = await gatehouse(args, given);
    expect({ exitCode, ...JSON.parse(out) }).toMatchObject({ exitCode: 1, complete: true, imported: 18 });
    expect(existsSync('-.gatehouse-import')).toBe(false);
  });

  it('sends nothing in a dry run, needs no token for it, and says what is wrong with each row', async () => {
    const hash = 'a'.repeat(64);
    const csv = join(folder, 'dry.csv');
    writeFileSync(
      csv,
      `hash,name,scopes,expires_at\n${hash},A,,\n${hash},,,\n${hash}0,C,,\n${hash},D,,tomorrow\n${hash},"E\n`,
    );
    const args = ['keys', 'import', '--file', csv, '--api', 'xantly', '--dry-run', '--json'];
    const { exitCode, out } = await gatehouse(args);
    const summary = JSON.parse(out);
    expect({ exitCode, ...summary }).toMatchObject({ exitCode: 1, dry_run: true, imported: 1, refused: 4 });
    expect(
      summary.failures.map(({ line, code, field }: { line: number; code: string; field?: string }) => [
        line,
        code,
        field,
      ]),
    ).toEqual([
      [3, 'validation_error', 'name'],
      [4, 'validation_error', 'hash.value'],
      [5, 'validation_error', 'expires_at'],
      [6, 'csv_malformed', undefined],
    ]);
    expect(platform.asked).toEqual([]);
    expect(existsSync(`${csv}.gatehouse-import`)).toBe(false);
  });

  it.each([
    ['no file', ['--api', 'x']],
    ['no API', ['--file', 'x.csv']],
    ['a file that is not there', ['--file', '/nowhere/x.csv', '--api', 'x']],
    ['a format that nobody knows', ['--file', 'x.csv', '--api', 'x', '--format', 'xml']],
    ['a file of no known format', ['--file', 'x.txt', '--api', 'x']],
    ['a hash of another kind', ['--file', 'x.csv', '--api', 'x', '--hash', 'md5:hex']],
    ['a batch that is too large', ['--file', 'x.csv', '--api', 'x', '--batch', '1001']],
    ['a number that is none', ['--file', 'x.csv', '--api', 'x', '--parallel', '0x1']],
    ['an option that there is not', ['--file', 'x.csv', '--api', 'x', '--force']],
  ])('refuses a call with %s', async (_title, args) => {
    const { exitCode } = await gatehouse(['keys', 'import', ...args], { environment: platform.environment });
    expect(exitCode).toBe(2);
  });

  it('says that a token is needed, and sends nothing without', async () => {
    const { exitCode, err } = await gatehouse(['keys', 'import', '--file', file, '--api', 'x']);
    expect(exitCode).toBe(3);
    expect(err).toContain('GATEHOUSE_TOKEN');
  });
});
