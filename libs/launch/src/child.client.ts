import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/** A process of ours that runs, with the means to end it. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** The last lines that it wrote, for error messages. */
  lastOutput(): string;
  /** Resolves when it has ended, with its exit code (null: by a signal). */
  readonly ended: Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end, and ends it after `deadlineMs`. */
  stop(signal?: NodeJS.Signals, deadlineMs?: number): Promise<void>;
}

const KEPT_CHARACTERS = 8_000;

/**
 * Starts a program. Its output is kept for error messages and handed to `onOutput`.
 * @throws Error where it cannot be started at all.
 */
export async function startChild(
  name: string,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
  onOutput: (text: string) => void = () => undefined,
): Promise<Child> {
  const child: ChildProcess = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_CHARACTERS);
      onOutput(text);
    });
  }
  let running = true;
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running = false;
      resolve(code);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new Error(`${name} cannot be started: ${error.message}`)));
  });
  const signal = (value: NodeJS.Signals) => {
    if (running) child.kill(value);
  };
  return {
    name,
    pid: child.pid ?? -1,
    lastOutput: () => output.trim(),
    ended,
    signal,
    stop: async (first = 'SIGTERM', deadlineMs = 30_000) => {
      signal(first);
      const timer = setTimeout(() => signal('SIGKILL'), deadlineMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
