import { expect } from '@jest/globals';
import type { Answer } from '../send.js';

const DAY_SECONDS = 86_400;

export interface LimitHeaders {
  readonly limit: number;
  readonly remaining: number;
  /** Unix seconds. */
  readonly reset: number;
}

/** What an answer tells of its limits [A10]. Fails where one of the headers is missing or makes no sense. */
export function limitHeaders(answer: Answer, nowMs = Date.now()): LimitHeaders {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => {
    const text = answer.header(`x-ratelimit-${name}`) ?? 'missing';
    expect([answer.status, name, text]).toEqual([answer.status, name, expect.stringMatching(/^\d+$/)]);
    return Number(text);
  }) as [number, number, number];
  const nowSeconds = nowMs / 1_000;
  expect(remaining).toBeLessThanOrEqual(limit);
  expect(reset).toBeGreaterThan(nowSeconds - 5);
  expect(reset).toBeLessThan(nowSeconds + DAY_SECONDS + 5);
  return { limit, remaining, reset };
}
