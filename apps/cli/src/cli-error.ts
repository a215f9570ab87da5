import { EXIT, type ExitCode } from './exit-code.js';

/** Why a command ends without a result. The message is shown as it is, so it never holds a key, a hash or a token. */
export class CliError extends Error {
  constructor(
    /** Stable, for scripts. */
    readonly code: string,
    message: string,
    readonly exitCode: ExitCode,
  ) {
    super(message);
  }
}

/** The command line cannot be understood. */
export function usageError(message: string): CliError {
  return new CliError('usage', message, EXIT.usage);
}
