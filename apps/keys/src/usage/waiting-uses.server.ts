import { pauseAfterCounting } from './count-pace.js';
import type { WaitingUsesStore } from './waiting-uses.store.js';

export interface CountingPorts {
  readonly store: Pick<WaitingUsesStore, 'countSome'>;
  readonly nowMs: () => number;
  readonly log: { warn(fields: object, message: string): void };
}

/** Uses that are counted at once: so many that a part of a million keys is done in one go, and locked for a second or so. */
const USES_MAX = 100_000;
/** How soon what has come after a rest is looked at. */
const REST_MS = 1_000;

/** Counts what waits, with pauses, as long as the service runs. */
export function countWaitingUses({ store, nowMs, log }: CountingPorts): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  const count = async () => {
    const startedAtMs = performance.now();
    try {
      const sinceMs = await store.countSome(USES_MAX, nowMs());
      if (sinceMs === undefined) return REST_MS;
      return pauseAfterCounting(performance.now() - startedAtMs, nowMs() - sinceMs);
    } catch (error) {
      log.warn({ err: error }, 'usage that waits cannot be counted now');
      return REST_MS;
    }
  };
  const schedule = (delayMs: number) => {
    timer = setTimeout(() => {
      turn = count().then((pauseMs) => {
        if (!stopped) schedule(pauseMs);
      });
    }, delayMs).unref();
  };
  schedule(REST_MS);
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return turn;
    },
  };
}
