import { describe, expect, it } from '@jest/globals';
import { allotmentEndMs, canBeAllotted, firstEndInMs, leastRemaining, lesserOf, unitsAhead } from './allotment.js';
import type { Limit } from './limit.js';

const fixed: Limit = { windowSeconds: 60, quota: 5 };
const of = (...limits: readonly Limit[]) => [{ subject: 'key:a', limits }];

describe('an allotment', () => {
  it('is of fixed windows that are enforced, and of nothing else', () => {
    expect(canBeAllotted(of(fixed, { ...fixed, windowSeconds: 1 }))).toBe(true);
    expect(canBeAllotted(of(fixed, { ...fixed, algorithm: 'sliding-window' }))).toBe(false);
    expect(canBeAllotted(of({ ...fixed, algorithm: 'token-bucket' }))).toBe(false);
    expect(canBeAllotted([...of(fixed), { subject: 'org:a', limits: [{ ...fixed, shadow: true }] }])).toBe(false);
  });

  it('is what was used of late, a sixteenth of the rest at most, and worth four requests at least', () => {
    expect(unitsAhead(100, 16_000, 1)).toBe(100);
    expect(unitsAhead(100, 160, 1)).toBe(10);
    expect(unitsAhead(100, 64, 1)).toBe(4);
    expect(unitsAhead(100, 63, 1)).toBe(0);
    expect(unitsAhead(3, 16_000, 1)).toBe(0);
    expect(unitsAhead(100, 16_000, 25)).toBe(100);
    expect(unitsAhead(100, 16_000, 26)).toBe(0);
    expect(unitsAhead(3, 16_000, 0)).toBe(0);
  });

  it('ends before its first window does, and after half a second, counted from before it was asked for', () => {
    expect(allotmentEndMs(7_000, 400)).toBe(7_390);
    expect(allotmentEndMs(7_000, 86_400_000)).toBe(7_500);
    expect(allotmentEndMs(7_000, 3)).toBeLessThan(7_000);
  });

  it('goes by the window that ends first, and by the one of which the least is left', () => {
    const windows = [
      { subject: 'key:a', windowSeconds: 60, quota: 9, remaining: 3, resetAtSeconds: 120 },
      { subject: 'key:a', windowSeconds: 1, quota: 9, remaining: 5, resetAtSeconds: 61 },
    ];
    expect(firstEndInMs(windows, 60_250)).toBe(750);
    expect(leastRemaining(windows)).toBe(3);
    expect(leastRemaining([])).toBe(0);
  });

  it('tells the lesser of two answers about one window, and leaves other windows alone', () => {
    const window = { subject: 'key:a', windowSeconds: 60, quota: 9, remaining: 3, resetAtSeconds: 120 };
    const less = { ...window, remaining: 2 };
    expect(lesserOf([window, window], [less, { ...less, resetAtSeconds: 180 }])).toEqual([less, window]);
    expect(lesserOf([less], [window])).toEqual([less]);
    expect(lesserOf([window], [])).toEqual([window]);
  });
});
