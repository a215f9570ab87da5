import { startInternalServer } from './internal.server.js';
import type { Logger } from './logger.js';
import type { RunningService } from './running-service.js';

/** How long a stop may take before the process ends all the same. */
const STOP_DEADLINE_MS = 25_000;

/**
 * The life of a process: serve the internal port, start, drain on SIGTERM or SIGINT, exit. A start that fails is one
 * clear message and exit code 1; a signal during the start lets it come to its end and then stops what it started.
 * @param start builds the services; the last one started is stopped first. Where it throws, it has let go of all again.
 */
export async function runProcess(
  logger: Logger,
  internalPort: number,
  start: () => Promise<readonly RunningService[]>,
): Promise<void> {
  let services: readonly RunningService[] = [];
  let state: 'starting' | 'ready' | 'stopping' = 'starting';
  let started: Promise<unknown> = Promise.resolve();
  const stop = async (signal: string) => {
    if (state === 'stopping') return;
    state = 'stopping';
    logger.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    await started.catch(() => undefined);
    for (const service of [...services].reverse()) await service.stop();
    logger.info('stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  const notReady = async () =>
    state === 'ready' ? (await Promise.all(services.map(async (service) => service.notReady()))).flat() : [state];
  try {
    await startInternalServer(internalPort, { notReady }, () => services.map((service) => service.metrics));
    const starting = start();
    started = starting;
    services = await starting;
  } catch (error) {
    return failStart(logger, error);
  }
  if (state !== 'starting') return;
  state = 'ready';
  logger.info({ internalPort, services: services.map((service) => service.name) }, 'ready');
}

/** Reads what a process needs before it can even log; a fault in it is one clear message and exit code 1. */
export function orExit<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    process.stderr.write(`gatehouse: ${(error as Error).message}\n`);
    process.exit(1);
  }
}

function failStart(logger: Logger, error: unknown): never {
  const fault = error as NodeJS.ErrnoException & { port?: number };
  const message =
    fault.code === 'EADDRINUSE' ? `port ${fault.port} is taken: another process listens there` : fault.message;
  logger.fatal(message);
  process.stderr.write(`gatehouse: ${message}\n`);
  process.exit(1);
}
