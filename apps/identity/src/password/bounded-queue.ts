/** Work that had its turn, or was turned away because too much waits already. */
type QueueOutcome<Value> = { readonly kind: 'done'; readonly value: Value } | { readonly kind: 'busy' };

/** Lets few pieces of work run at once and few more wait: the rest is refused at once instead of piling up. */
export interface BoundedQueue {
  run<Value>(work: () => Promise<Value>): Promise<QueueOutcome<Value>>;
  running(): number;
  waiting(): number;
}

/** Bounds of the password work: it shares four threads with everything else in the process. */
export const PASSWORD_WORK_AT_ONCE = 2;
export const PASSWORD_WORK_WAITING = 64;
export const BUSY_RETRY_AFTER_SECONDS = 1;

export function boundedQueue(atOnce: number, maxWaiting: number): BoundedQueue {
  const waiters: (() => void)[] = [];
  let running = 0;
  const leave = () => {
    const next = waiters.shift();
    // The place is handed over, not freed: nobody who comes in between may take it.
    if (next === undefined) running -= 1;
    else next();
  };
  return {
    run: async (work) => {
      if (running < atOnce) running += 1;
      else if (waiters.length < maxWaiting) await new Promise<void>((resolve) => waiters.push(resolve));
      else return { kind: 'busy' };
      try {
        return { kind: 'done', value: await work() };
      } finally {
        leave();
      }
    },
    running: () => running,
    waiting: () => waiters.length,
  };
}
