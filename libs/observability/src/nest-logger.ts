import type { Logger } from './logger.js';

/** Nest's own messages, through our logger: one format for every line that a service writes. */
export function nestLogger(logger: Logger) {
  const context = (params: unknown[]) => ({ context: params.at(-1) });
  return {
    log: (message: unknown, ...params: unknown[]) => logger.debug(context(params), String(message)),
    warn: (message: unknown, ...params: unknown[]) => logger.warn(context(params), String(message)),
    error: (message: unknown, ...params: unknown[]) => logger.error(context(params), String(message)),
    fatal: (message: unknown, ...params: unknown[]) => logger.fatal(context(params), String(message)),
  };
}
