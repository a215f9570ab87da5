import { describe, expect, it } from '@jest/globals';
import { pauseAfterCounting } from './count-pace.js';

const MINUTE_MS = 60_000;

describe('the pace of counting', () => {
  it.each([
    ['a twentieth of the time', 500, 0, 9_500],
    ['a twentieth of the time for half an hour', 500, 30 * MINUTE_MS - 1, 9_500],
    ['a fifth after half an hour', 500, 30 * MINUTE_MS, 2_000],
    ['all of it after an hour', 500, 60 * MINUTE_MS, 0],
    ['never without a rest before that', 1, 0, 200],
  ])('takes %s', (_case, tookMs, waitedMs, pauseMs) => {
    expect(pauseAfterCounting(tookMs, waitedMs)).toBeCloseTo(pauseMs);
  });
});
