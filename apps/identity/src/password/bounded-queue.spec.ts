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
    const queue = boundedQueue(2, 64);
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
    const queue = boundedQueue(1, 1);
    await expect(queue.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(queue.running()).toBe(0);
    expect(await queue.run(async () => 7)).toEqual({ kind: 'done', value: 7 });
  });
});
