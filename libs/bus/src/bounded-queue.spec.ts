import { describe, expect, it } from '@jest/globals';
import { boundedQueue } from './bounded-queue.js';

/** Work that ends when the test says so. */
function heldWork() {
  const releases: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => releases.push(resolve));
    running -= 1;
  };
  return { work, releases, most: () => most };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('boundedQueue', () => {
  it('runs two, lets 64 wait, turns the others away at once', async () => {
    const queue = boundedQueue({ atOnce: 2, maxWaiting: 64, longestWaitMs: 60_000 });
    const held = heldWork();
    const runs = Array.from({ length: 100 }, () => queue.run(held.work));
    await settle();
    expect([queue.running(), queue.waiting()]).toEqual([2, 64]);
    while (held.releases.length > 0) {
      held.releases.shift()?.();
      await settle();
    }
    const outcomes = await Promise.all(runs);
    expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(66);
    expect(outcomes.filter(({ kind }) => kind === 'busy')).toHaveLength(34);
    expect(held.most()).toBe(2);
    expect([queue.running(), queue.waiting()]).toEqual([0, 0]);
  });

  it('gives the place back when work fails', async () => {
    const queue = boundedQueue({ atOnce: 1, maxWaiting: 1, longestWaitMs: 60_000 });
    await expect(queue.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(queue.running()).toBe(0);
    expect(await queue.run(async () => 7)).toEqual({ kind: 'done', value: 7 });
  });

  it('turns away what has waited too long, without beginning it, and keeps the order of the others', async () => {
    const queue = boundedQueue({ atOnce: 1, maxWaiting: 8, longestWaitMs: 40 });
    const held = heldWork();
    const first = queue.run(held.work);
    let begun = 0;
    const late = Array.from({ length: 8 }, () => queue.run(async () => (begun += 1)));
    expect((await queue.run(held.work)).kind).toBe('busy');
    expect(await Promise.all(late)).toEqual(late.map(() => ({ kind: 'busy' })));
    expect([begun, queue.running(), queue.waiting()]).toEqual([0, 1, 0]);
    const order: number[] = [];
    const next = [1, 2, 3].map((at) => queue.run(async () => order.push(at)));
    held.releases.shift()?.();
    await first;
    expect((await Promise.all(next)).map(({ kind }) => kind)).toEqual(['done', 'done', 'done']);
    expect(order).toEqual([1, 2, 3]);
    expect([queue.running(), queue.waiting()]).toEqual([0, 0]);
  });
});
