import { describe, expect, it } from '@jest/globals';
import { type BatchSettings, batchPerTurn } from './batch-per-turn.js';
import { BusFault, BusUnavailable } from './bus.js';

/** A peer whose answers the test lets go one batch at a time, and turns of the event loop that the test ends. */
function stage(settings: Partial<BatchSettings<number, number>> = {}) {
  const sent: { items: readonly number[]; answer: (answers: readonly number[]) => void; fail: (e: Error) => void }[] =
    [];
  const turns: (() => void)[] = [];
  const ask = batchPerTurn<number, number>({
    send: (items) => new Promise((resolve, reject) => sent.push({ items, answer: resolve, fail: reject })),
    maxItemsPerBatch: 100,
    maxBatchesInFlight: 2,
    maxItemsWaiting: 5,
    schedule: (flush) => turns.push(flush),
    ...settings,
  });
  const endTurn = () => {
    for (const flush of turns.splice(0)) flush();
  };
  return { ask, sent, endTurn, turns };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('batchPerTurn', () => {
  it('sends all items of one turn as one batch, and answers each with its own', async () => {
    const { ask, sent, endTurn } = stage();
    const asked = [1, 2, 3].map(ask);
    expect(sent).toHaveLength(0);
    endTurn();
    expect(sent.map((batch) => batch.items)).toEqual([[1, 2, 3]]);
    sent[0]?.answer([10, 20, 30]);
    expect(await Promise.all(asked)).toEqual([10, 20, 30]);
  });

  it('lets later items wait for a returning batch once the batches in flight are at their bound', async () => {
    const { ask, sent, endTurn, turns } = stage();
    void ask(1);
    endTurn();
    void ask(2);
    endTurn();
    const waiting = [3, 4].map(ask);
    expect(turns).toHaveLength(0);
    expect(sent).toHaveLength(2);
    sent[0]?.answer([10]);
    await settled();
    expect(sent[2]?.items).toEqual([3, 4]);
    sent[2]?.answer([30, 40]);
    expect(await Promise.all(waiting)).toEqual([30, 40]);
  });

  it('refuses items beyond the bound of waiting ones at once, and keeps those that wait', async () => {
    const { ask, sent, endTurn } = stage();
    const asked = [1, 2, 3, 4, 5].map(ask);
    await expect(ask(6)).rejects.toBeInstanceOf(BusUnavailable);
    endTurn();
    sent[0]?.answer([1, 2, 3, 4, 5]);
    expect(await Promise.all(asked)).toEqual([1, 2, 3, 4, 5]);
    const later = ask(7);
    endTurn();
    sent[1]?.answer([7]);
    expect(await later).toBe(7);
  });

  it('splits a turn with more items than a batch may hold, in order', async () => {
    const { ask, sent, endTurn } = stage({ maxItemsPerBatch: 2 });
    const asked = [1, 2, 3, 4, 5].map(ask);
    endTurn();
    expect(sent.map((batch) => batch.items)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    sent[1]?.answer([30, 40]);
    await settled();
    sent[0]?.answer([10, 20]);
    sent[2]?.answer([50]);
    expect(await Promise.all(asked)).toEqual([10, 20, 30, 40, 50]);
  });

  it('rejects the items of a failed batch alone', async () => {
    const { ask, sent, endTurn } = stage();
    const first = ask(1);
    endTurn();
    const second = ask(2);
    endTurn();
    sent[0]?.fail(new BusUnavailable('gone'));
    sent[1]?.answer([20]);
    await expect(first).rejects.toThrow('gone');
    expect(await second).toBe(20);
  });

  it('rejects the items of a batch that could not even be written', async () => {
    const { ask, endTurn } = stage({
      send: () => {
        throw new RangeError('too large');
      },
    });
    const asked = ask(1);
    endTurn();
    await expect(asked).rejects.toThrow('too large');
  });

  it('takes an answer of another length as a fault for all of its items', async () => {
    const { ask, sent, endTurn } = stage();
    const asked = [1, 2].map((item) => ask(item).catch((error) => error));
    endTurn();
    sent[0]?.answer([10]);
    for (const outcome of await Promise.all(asked)) expect(outcome).toBeInstanceOf(BusFault);
  });

  it('sends a batch once more where nobody answered it, if the exchange may happen twice', async () => {
    const { ask, sent, endTurn } = stage({ retriesOnUnavailable: 1 });
    const asked = ask(1);
    endTurn();
    sent[0]?.fail(new BusUnavailable('gone'));
    await settled();
    expect(sent[1]?.items).toEqual([1]);
    sent[1]?.fail(new BusUnavailable('gone again'));
    await expect(asked).rejects.toThrow('gone again');
    expect(sent).toHaveLength(2);
  });

  it('tells the sender which of the two attempts it is', async () => {
    const attempts: number[] = [];
    const { ask, endTurn } = stage({
      retriesOnUnavailable: 1,
      send: async (items, attempt) => {
        attempts.push(attempt);
        if (attempt === 0) throw new BusUnavailable('gone');
        return items;
      },
    });
    const asked = ask(1);
    endTurn();
    expect(await asked).toBe(1);
    expect(attempts).toEqual([0, 1]);
  });

  it.each([
    ['a fault, even with retries', 1 as const, new BusFault('broken')],
    ['an unavailable peer without retries', 0 as const, new BusUnavailable('gone')],
  ])('does not repeat after %s', async (_title, retriesOnUnavailable, failure) => {
    const { ask, sent, endTurn } = stage({ retriesOnUnavailable });
    const asked = ask(1);
    endTurn();
    sent[0]?.fail(failure);
    await expect(asked).rejects.toBe(failure);
    expect(sent).toHaveLength(1);
  });
});
