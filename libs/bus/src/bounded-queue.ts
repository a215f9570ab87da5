/** Work that had its turn, or was turned away: too much waited already, or it waited too long. */
type QueueOutcome<Value> = { readonly kind: 'done'; readonly value: Value } | { readonly kind: 'busy' };

/**
 * Lets few pieces of work run at once and few more wait, not for ever: the rest is refused at once instead of piling up.
 */
export interface BoundedQueue {
  run<Value>(work: () => Promise<Value>): Promise<QueueOutcome<Value>>;
  running(): number;
  waiting(): number;
}

export interface QueueBounds {
  readonly atOnce: number;
  readonly maxWaiting: number;
  readonly longestWaitMs: number;
}

export function boundedQueue({ atOnce, maxWaiting, longestWaitMs }: QueueBounds): BoundedQueue {
  const waiters = new Set<() => void>();
  let running = 0;
  const leave = () => {
    const [next] = waiters;
    // The place is handed over, not freed: nobody who comes in between may take it.
    if (next === undefined) running -= 1;
    else next();
  };
  const waitForTurn = () =>
    new Promise<'turn' | 'too_long'>((resolve) => {
      const begin = () => {
        clearTimeout(timer);
        waiters.delete(begin);
        resolve('turn');
      };
      const timer = setTimeout(() => {
        waiters.delete(begin);
        resolve('too_long');
      }, longestWaitMs);
      waiters.add(begin);
    });
  return {
    run: async (work) => {
      if (running < atOnce) running += 1;
      else if (waiters.size >= maxWaiting) return { kind: 'busy' };
      else if ((await waitForTurn()) === 'too_long') return { kind: 'busy' };
      try {
        return { kind: 'done', value: await work() };
      } finally {
        leave();
      }
    },
    running: () => running,
    waiting: () => waiters.size,
  };
}
