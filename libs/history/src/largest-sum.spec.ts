import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LargestSum } from './largest-sum.js';

const PLACES = 13;
const step = fc.record({
  place: fc.nat({ max: PLACES - 1 }),
  amount: fc.integer({ min: -20, max: 20 }),
  opens: fc.option(fc.integer({ min: -20, max: 20 }), { nil: undefined }),
});

describe('the largest sum up to a place', () => {
  it('is what adding up for every open place finds, after each charge', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const sums = new LargestSum(PLACES);
        const charges = Array.from({ length: PLACES }, () => 0);
        const worth = new Map<number, number>();
        for (const { place, amount, opens } of steps) {
          sums.charge(place, amount);
          charges[place] = (charges[place] ?? 0) + amount;
          if (opens !== undefined) sums.open(place, opens);
          if (opens !== undefined) worth.set(place, opens);
          const upTo = (end: number) => charges.slice(0, end + 1).reduce((total, charge) => total + charge, 0);
          const all = [...worth].map(([end, own]) => ({ end, sum: upTo(end) + own }));
          const largest = Math.max(...all.map(({ sum }) => sum));
          expect(sums.largest()).toBe(largest);
          const first = Math.min(...all.filter(({ sum }) => sum === largest).map(({ end }) => end));
          if (all.length > 0) expect(sums.placeOfLargest()).toBe(first);
        }
      }),
    );
  });

  it.each([0, 1])('is of nothing where there are %i places, all closed', (places) => {
    expect(new LargestSum(places).largest()).toBe(Number.NEGATIVE_INFINITY);
  });
});
