import type { ExitCode } from './exit-code.js';
import type { Io } from './io.js';

/** One row of the table of commands. */
export interface Command {
  /** As it is typed: `keys import`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows `gatehouse` in its `--help`: the form of the call, then every option. */
  readonly help: string;
  /** @param args what follows the name. @throws CliError */
  readonly run: (args: readonly string[], io: Io) => Promise<ExitCode>;
}
