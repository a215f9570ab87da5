import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SlidingWindow } from './sliding-window.js';

const START_MS = Date.UTC(2026, 0, 15, 12, 0, 0);
const charges = fc.array(fc.record({ waitMs: fc.nat({ max: 40 }), cost: fc.integer({ min: 1, max: 3 }) }), {
  minLength: 300,
  maxLength: 1_500,
});

/** Runs the charges as fast as the limit lets them through. */
function admitted(limit: { windowSeconds: number; quota: number }, steps: readonly { waitMs: number; cost: number }[]) {
  const counter = new SlidingWindow(limit, 0, START_MS);
  const through: { atMs: number; cost: number }[] = [];
  const refused: { atMs: number; usedExactly: number; cost: number }[] = [];
  let nowMs = START_MS;
  for (const { waitMs, cost } of steps) {
    nowMs += waitMs;
    counter.advance(nowMs);
    if (counter.waitMs(limit, cost, nowMs) === 0) {
      counter.charge(cost, nowMs);
      through.push({ atMs: nowMs, cost });
    } else {
      const fromMs = nowMs - limit.windowSeconds * 1_000 * (1 + 1 / 125);
      const since = through.filter(({ atMs }) => atMs > fromMs);
      refused.push({ atMs: nowMs, cost, usedExactly: since.reduce((sum, one) => sum + one.cost, 0) });
    }
  }
  return { through, refused };
}

describe('a sliding window', () => {
  it('never holds more than the quota in any interval of its length, however many charges there are [INV-10] [H-118]', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), charges, (quota, steps) => {
        const { through } = admitted({ windowSeconds: 7, quota }, steps);
        let first = 0;
        let sum = 0;
        for (const { atMs, cost } of through) {
          sum += cost;
          while ((through[first]?.atMs ?? 0) <= atMs - 7_000) sum -= through[first++]?.cost ?? 0;
          expect(sum).toBeLessThanOrEqual(quota);
        }
      }),
      { numRuns: 150, endOnFailure: true },
    );
  });

  it('refuses only what would be too much in an interval that is at most a hundredth longer [INV-11]', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 700 }), charges, (quota, steps) => {
        for (const { usedExactly, cost } of admitted({ windowSeconds: 7, quota }, steps).refused) {
          expect(usedExactly + cost).toBeGreaterThan(quota);
        }
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it('lets through at the edge of two minutes what one minute allows, not two', () => {
    const limit = { windowSeconds: 60, quota: 10 };
    const counter = new SlidingWindow(limit, 0, START_MS + 59_900);
    counter.charge(10, START_MS + 59_900);
    counter.advance(START_MS + 60_100);
    expect(counter.waitMs(limit, 1, START_MS + 60_100)).toBe(59_800);
  });

  it('holds a bounded number of charges, whatever the quota is [R-06]', () => {
    const counter = new SlidingWindow({ windowSeconds: 86_400, quota: 4_000_000_000 }, 0, START_MS);
    for (let index = 0; index < 20_000; index++) {
      counter.advance(START_MS + index * 4_000);
      counter.charge(1, START_MS + index * 4_000);
    }
    expect(JSON.stringify(counter).length).toBeLessThan(20_000);
    expect(counter.used).toBe(20_000);
  });

  it('counts what a clock that was set back had counted for one window more, and no longer [F-27]', () => {
    const limit = { windowSeconds: 60, quota: 5 };
    const counter = new SlidingWindow(limit, 5, START_MS);
    const backMs = START_MS - 86_400_000;
    counter.advance(backMs);
    expect(counter.waitMs(limit, 1, backMs)).toBe(60_000);
    counter.advance(backMs + 60_000);
    expect(counter.used).toBe(0);
  });
});
