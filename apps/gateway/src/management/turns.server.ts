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

/** @param afterThisTurn calls back when there may be another turn: by default, once the event loop has seen to its sockets. */
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

/** While published APIs are asked, so much later the next turn is: some ten requests of theirs are answered meanwhile. */
const PACE_MS = 3;

/** @param isBusy whether requests to published APIs are under way. */
export function pacedBy(isBusy: () => boolean): (callback: () => void) => void {
  return (callback) => {
    if (isBusy()) setTimeout(callback, PACE_MS);
    else setImmediate(callback);
  };
}
