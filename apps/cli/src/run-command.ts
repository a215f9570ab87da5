import { ConfigurationError } from '@gatehouse/config/environment.loader';
import { CliError, usageError } from './cli-error.js';
import type { Command } from './command.js';
import { EXIT, type ExitCode } from './exit-code.js';
import type { Io } from './io.js';

/**
 * Finds the command that the arguments name, shows help where it is asked for, and turns every failure into one line and
 * an exit code. With `--json` the failure is `{"error": {"code", "message"}}` on stdout, as the result would be.
 */
export async function runCommand(args: readonly string[], commands: readonly Command[], io: Io): Promise<ExitCode> {
  try {
    return await dispatch(args, commands, io);
  } catch (error) {
    const { code, message, exitCode } = cliErrorOf(error);
    io.stderr.write(`gatehouse: ${message}\n`);
    if (args.includes('--json')) io.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    return exitCode;
  }
}

async function dispatch(args: readonly string[], commands: readonly Command[], io: Io): Promise<ExitCode> {
  const wantsHelp = args.some((arg) => arg === '--help' || arg === '-h');
  const command = commands.find(({ name }) => name === args.slice(0, name.split(' ').length).join(' '));
  if (command !== undefined) {
    if (!wantsHelp) return command.run(args.slice(command.name.split(' ').length), io);
    io.stdout.write(`Usage: gatehouse ${command.help.trim()}\n`);
    return EXIT.ok;
  }
  if (args.length > 0 && !wantsHelp) {
    throw usageError('there is no such command; gatehouse --help lists them');
  }
  (wantsHelp ? io.stdout : io.stderr).write(overview(commands));
  return wantsHelp ? EXIT.ok : EXIT.usage;
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`);
  return `Usage: gatehouse <command> [options]

Commands:
${rows.join('')}
gatehouse <command> --help says more. Every command takes --json.

Environment:
  GATEHOUSE_URL     where the platform is (http://localhost:8080)
  GATEHOUSE_TOKEN   an access token or a management key; or GATEHOUSE_TOKEN_FILE, the file that holds it

Exit codes: 0 done; 1 something was refused or found; 2 the call makes no sense; 3 the platform cannot be reached, or
does not let you in; 130 interrupted.
`;
}

/** Node's parser of arguments says what is wrong in words that can be shown, but for one that repeats an argument. */
function cliErrorOf(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof ConfigurationError) return new CliError('configuration', error.message, EXIT.usage);
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return usageError('there is an argument too many; see --help');
  if (code.startsWith('ERR_PARSE_ARGS_')) return usageError(message);
  return new CliError('fault', message, EXIT.finding);
}
