import type { Readable, Writable } from 'node:stream';
import type { CliConfig } from './config.js';

/** What a command has of the world outside; tests hand in their own. */
export interface Io {
  readonly stdin: Readable;
  /** Results only, so that they can be piped. */
  readonly stdout: Writable;
  /** Everything that is said to a person: notices, progress, errors. */
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Read when a command needs them, so that others work without. @throws ConfigurationError */
  readonly settings: () => CliConfig;
  /** Aborted by Ctrl-C and by SIGTERM: a command then ends in good order. */
  readonly signal: AbortSignal;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
}
