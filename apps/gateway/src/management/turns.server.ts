/**
 * Shares the event loop between many pieces of management work and the data plane. A hundred sign-ins that arrive at the
 * same moment would else run one after the other before a single request to a published API is looked at again.
 */
export interface Turns {
  /** Runs `work` at once where nothing has run in this turn of the event loop, else in the next turn that is free. */
  take(work: () => void): void;
  /** Resolves when it is the caller's turn. */
  next(): Promise<void>;
}

/** @param afterThisTurn calls back once the event loop has seen to its sockets again. */
export function oneInEachTurn(afterThisTurn: (callback: () => void) => void = setImmediate): Turns {
  const waiting: (() => void)[] = [];
  let taken = false;
  const advance = () => {
    const work = waiting.shift();
    taken = work !== undefined;
    if (work === undefined) return;
    afterThisTurn(advance);
    work();
  };
  const take = (work: () => void) => {
    waiting.push(work);
    if (!taken) advance();
  };
  return { take, next: () => new Promise((resolve) => take(resolve)) };
}
