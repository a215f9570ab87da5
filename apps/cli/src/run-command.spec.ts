import { PassThrough } from 'node:stream';
import { parseArgs } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { CliError, usageError } from './cli-error.js';
import type { Command } from './command.js';
import { COMMANDS } from './commands.js';
import { cliConfig } from './config.js';
import type { Io } from './io.js';
import { runCommand } from './run-command.js';

const commands: readonly Command[] = [
  {
    name: 'keys do',
    summary: 'does',
    help: 'keys do [options]\n\nDoes.',
    run: async (args) => (args.length === 0 ? 0 : 1),
  },
  {
    name: 'fail',
    summary: 'fails',
    help: 'fail',
    run: async ([how]) => {
      if (how === 'configuration') cliConfig({ GATEHOUSE_URL: 'nonsense' });
      if (how === 'usage') throw usageError('not like this');
      if (how === 'unreachable') throw new CliError('unreachable', 'not there', 3);
      if (how === 'positional') parseArgs({ args: ['sk_secret'] });
      if (how === 'option') parseArgs({ args: ['--token=sk_secret'] });
      throw new Error('broken');
    },
  },
];

async function run(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io: Io = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    settings: () => cliConfig({}),
    signal: new AbortController().signal,
    nowMs: () => 0,
  };
  const exitCode = await runCommand(args, commands, io);
  return { exitCode, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

describe('runCommand', () => {
  it('runs the command that the arguments name, with the rest of them', async () => {
    expect(await run('keys', 'do')).toMatchObject({ exitCode: 0 });
    expect(await run('keys', 'do', 'more')).toMatchObject({ exitCode: 1 });
  });

  it('shows help where it is asked for, on stdout', async () => {
    expect(await run('keys', 'do', '--help')).toEqual({
      exitCode: 0,
      out: 'Usage: gatehouse keys do [options]\n\nDoes.\n',
      err: '',
    });
    const overview = await run('--help');
    expect(overview.exitCode).toBe(0);
    for (const { name } of commands) expect(overview.out).toContain(`  ${name}`);
  });

  it('refuses what is no command, and shows those that there are', async () => {
    expect(await run('keys', 'undo')).toMatchObject({ exitCode: 2, out: '' });
    const nothing = await run();
    expect(nothing).toMatchObject({ exitCode: 2, out: '' });
    expect(nothing.err).toContain('keys do');
  });

  it.each([
    ['usage', 2],
    ['configuration', 2],
    ['unreachable', 3],
    ['positional', 2],
    ['option', 2],
    ['fault', 1],
  ])('ends with one line and its exit code: %s -> %d', async (how, exitCode) => {
    const failed = await run('fail', how);
    expect(failed).toMatchObject({ exitCode, out: '' });
    expect(failed.err).toMatch(/^gatehouse: \S/);
    expect(failed.err).not.toContain('sk_secret');
    expect(failed.err).not.toContain('    at ');
  });

  it('says a failure as JSON, too, where --json is given', async () => {
    const { out } = await run('fail', 'unreachable', '--json');
    expect(JSON.parse(out)).toEqual({ error: { code: 'unreachable', message: 'not there' } });
  });
});

describe('COMMANDS', () => {
  it.each(COMMANDS.map(({ name, help }) => ({ name, help })))('$name says how it is called', ({ name, help }) => {
    expect(help.startsWith(`${name} `)).toBe(true);
    expect(help).toContain('--json');
  });
});
