import type { Logger } from '@gatehouse/observability/logger';

/** How often the outbox is looked at without being told. */
const LOOK_EVERY_MS = 500;

export interface Delivery {
  stop(): Promise<void>;
}

/**
 * Looks at the outbox all the time; a round that sent something is followed by the next one.
 * @param deliver sends what is due and says how many messages that were.
 */
export function startDelivery(
  deliver: () => Promise<number>,
  logger: Logger,
  lookEveryMs: number = LOOK_EVERY_MS,
): Delivery {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round = Promise.resolve();
  const run = async () => {
    let sent = 0;
    try {
      sent = await deliver();
    } catch (error) {
      logger.warn(`the outbox cannot be read: ${(error as Error).message}`);
    }
    if (stopped) return;
    timer = setTimeout(start, sent > 0 ? 0 : lookEveryMs);
    timer.unref();
  };
  const start = () => {
    round = run();
  };
  start();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}
