import { BusFault, BusUnavailable } from './bus.js';

type Send<Item, Answer> = (items: readonly Item[], attempt: number) => Promise<readonly Answer[]>;

export interface BatchSettings<Item, Answer> {
  /** Carries one batch; answers come back in the order of the items. `attempt` is 0, then 1 for the one retry. */
  readonly send: Send<Item, Answer>;
  readonly maxItemsPerBatch: number;
  readonly maxBatchesInFlight: number;
  /** Items that may wait for a batch to return; the next one is refused at once. */
  readonly maxItemsWaiting: number;
  /** Runs the flush when the current event-loop turn has said all that it has to say: `setImmediate`. */
  readonly schedule: (flush: () => void) => void;
  /** How often a batch that nobody answered is sent again; only for exchanges that may happen twice. Default 0. */
  readonly retriesOnUnavailable?: 0 | 1;
}

/** Three arrays side by side instead of an object for each item: this runs for every request of the platform. */
interface Batch<Item, Answer> {
  items: Item[];
  resolves: ((answer: Answer) => void)[];
  rejects: ((fault: Error) => void)[];
}

/**
 * Turns questions into batches: all that are asked in one event-loop turn travel as one message. With an idle bus
 * nothing waits; with `maxBatchesInFlight` under way, further items gather for the batch that leaves when one returns.
 * A batch that fails rejects its own items alone.
 * @returns asks one item. It rejects with BusUnavailable where too many items wait, and with what `send` throws.
 */
export function batchPerTurn<Item, Answer>(settings: BatchSettings<Item, Answer>): (item: Item) => Promise<Answer> {
  const { maxItemsPerBatch, maxBatchesInFlight, maxItemsWaiting, retriesOnUnavailable = 0 } = settings;
  let waiting: Batch<Item, Answer> = { items: [], resolves: [], rejects: [] };
  let batchesInFlight = 0;
  let isScheduled = false;

  const keep = (resolve: (answer: Answer) => void, reject: (fault: Error) => void) => {
    waiting.resolves.push(resolve);
    waiting.rejects.push(reject);
  };

  const flush = () => {
    isScheduled = false;
    while (waiting.items.length > 0 && batchesInFlight < maxBatchesInFlight) void travel(takeBatch());
  };

  const takeBatch = (): Batch<Item, Answer> => {
    const { items, resolves, rejects } = waiting;
    if (items.length > maxItemsPerBatch) {
      return {
        items: items.splice(0, maxItemsPerBatch),
        resolves: resolves.splice(0, maxItemsPerBatch),
        rejects: rejects.splice(0, maxItemsPerBatch),
      };
    }
    waiting = { items: [], resolves: [], rejects: [] };
    return { items, resolves, rejects };
  };

  const travel = async (batch: Batch<Item, Answer>) => {
    batchesInFlight++;
    try {
      const answers = await sendPatiently(settings.send, batch.items, retriesOnUnavailable);
      if (answers.length !== batch.items.length) {
        throw new BusFault(`${batch.items.length} items were asked, ${answers.length} answered`);
      }
      for (let index = 0; index < answers.length; index++) batch.resolves[index]?.(answers[index] as Answer);
    } catch (fault) {
      for (const reject of batch.rejects) reject(fault as Error);
    }
    batchesInFlight--;
    if (!isScheduled) flush();
  };

  return (item) => {
    if (waiting.items.length >= maxItemsWaiting) {
      return Promise.reject(new BusUnavailable('too many requests wait for an answer'));
    }
    if (!isScheduled && batchesInFlight < maxBatchesInFlight) {
      isScheduled = true;
      settings.schedule(flush);
    }
    waiting.items.push(item);
    return new Promise(keep);
  };
}

async function sendPatiently<Item, Answer>(
  send: Send<Item, Answer>,
  items: readonly Item[],
  retries: number,
  attempt = 0,
): Promise<readonly Answer[]> {
  try {
    return await send(items, attempt);
  } catch (fault) {
    if (attempt === retries || !(fault instanceof BusUnavailable)) throw fault;
    return sendPatiently(send, items, retries, attempt + 1);
  }
}
