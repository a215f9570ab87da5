import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TokenBucket, tokensMax } from './token-bucket.js';

const START_MS = Date.UTC(2026, 0, 15, 12, 0, 0);

describe('a token bucket', () => {
  it('lets through its size and what flows in, in any interval, and not one more [INV-10]', () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat({ max: 900 }), cost: fc.integer({ min: 1, max: 3 }) }), {
      maxLength: 200,
    });
    const limits = fc.record({ quota: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 3, max: 60 }) });
    fc.assert(
      fc.property(limits, steps, ({ quota, burst }, given) => {
        const limit = { windowSeconds: 7, quota, burst };
        const bucket = new TokenBucket(limit, 0, START_MS);
        const through: { atMs: number; cost: number }[] = [];
        let nowMs = START_MS;
        for (const { waitMs, cost } of given) {
          nowMs += waitMs;
          bucket.advance(nowMs, limit);
          if (bucket.waitMs(limit, cost) > 0) continue;
          bucket.charge(cost);
          through.push({ atMs: nowMs, cost });
        }
        through.forEach((from, first) => {
          let sum = 0;
          for (const { atMs, cost } of through.slice(first)) {
            sum += cost;
            expect(sum * 7_000).toBeLessThanOrEqual(burst * 7_000 + quota * (atMs - from.atMs));
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  it('gives one token after the other, evenly, to the millisecond', () => {
    const limit = { windowSeconds: 60, quota: 6, burst: 2 };
    const bucket = new TokenBucket(limit, 2, START_MS);
    expect(bucket.waitMs(limit, 1)).toBe(10_000);
    expect(bucket.waitMs(limit, 2)).toBe(20_000);
    bucket.advance(START_MS + 9_999, limit);
    expect(bucket.used).toBe(2);
    bucket.advance(START_MS + 10_000, limit);
    expect(bucket.used).toBe(1);
  });

  it('loses nothing of a pace that no millisecond divides, over a million looks', () => {
    const limit = { windowSeconds: 1, quota: 3, burst: 1_000_000 };
    const bucket = new TokenBucket(limit, 1_000_000, START_MS);
    for (let ms = 1; ms <= 1_000_000; ms++) bucket.advance(START_MS + ms, limit);
    expect(bucket.used).toBe(1_000_000 - 3_000);
  });

  it('is exact at the largest size that may be configured', () => {
    const size = tokensMax(86_400);
    const limit = { windowSeconds: 86_400, quota: size };
    const bucket = new TokenBucket(limit, size, START_MS);
    expect(bucket.used).toBe(size);
    bucket.advance(START_MS + 86_399_999, limit);
    expect(size - bucket.used).toBeLessThan(size);
    bucket.advance(START_MS + 86_400_000, limit);
    expect(bucket.used).toBe(0);
  });

  it('fills by nothing while a clock is set back [F-27]', () => {
    const limit = { windowSeconds: 60, quota: 60 };
    const bucket = new TokenBucket(limit, 60, START_MS);
    bucket.advance(START_MS - 3_600_000, limit);
    expect(bucket.used).toBe(60);
    bucket.advance(START_MS - 3_599_000, limit);
    expect(bucket.used).toBe(59);
  });
});
