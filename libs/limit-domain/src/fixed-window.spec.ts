import { describe, expect, it } from '@jest/globals';
import { FixedWindow } from './fixed-window.js';

const START_MS = 86_400_000 * 20_000;
const limit = { windowSeconds: 60, quota: 10 };
const used = (count: number, atMs = START_MS) => new FixedWindow(limit, count, atMs);

describe('a fixed window', () => {
  it('starts anew at the edge of the window, not a millisecond earlier', () => {
    const counter = used(5);
    counter.advance(START_MS + 59_999);
    expect(counter.used).toBe(5);
    counter.advance(START_MS + 60_000);
    expect(counter.used).toBe(0);
    expect(counter.moreAtMs()).toBe(START_MS + 120_000);
  });

  it.each([
    [0, 60_000],
    [1, 59_999],
    [59_999, 1],
  ])('%i ms into the minute asks for a wait of %i ms, until the next one', (elapsedMs, waitMs) => {
    expect(used(10).waitMs(limit, 1, START_MS + elapsedMs)).toBe(waitMs);
  });

  it('lets fit what is within the quota, to the last unit', () => {
    expect(used(9).waitMs(limit, 1, START_MS)).toBe(0);
    expect(used(9).waitMs(limit, 2, START_MS)).toBe(60_000);
  });

  it('gives no quota twice to a clock that is set back, and is not frozen for longer than a window [F-27]', () => {
    const counter = used(5);
    counter.advance(START_MS - 1);
    expect(counter.used).toBe(5);
    counter.advance(START_MS - 3_600_000);
    expect(counter.used).toBe(5);
    counter.advance(START_MS - 3_600_000 + 60_000);
    expect(counter.used).toBe(0);
  });
});
