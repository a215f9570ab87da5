import { describe, expect, it } from '@jest/globals';
import { turnOver } from './counter.js';
import { judgeLimits } from './judge-limits.js';

const subjects = [
  { subject: 'key:a', limits: [{ windowSeconds: 1, quota: 2 }] },
  {
    subject: 'org:b',
    limits: [
      { windowSeconds: 60, quota: 10 },
      { windowSeconds: 86_400, quota: 100 },
    ],
  },
];
const START_SECONDS = 86_400 * 20_000;
const counters = (used: readonly [number, number, number]) =>
  [1, 60, 86_400].map((windowSeconds, index) => ({
    windowSeconds,
    startSeconds: START_SECONDS,
    used: used[index] ?? 0,
  }));

describe('judgeLimits', () => {
  it('allows what fits into every window, and lists all windows in the order of the query, after the charge', () => {
    expect(judgeLimits(subjects, counters([1, 9, 0]), 1, START_SECONDS * 1_000)).toEqual({
      kind: 'allowed',
      windows: [
        { subject: 'key:a', windowSeconds: 1, quota: 2, remaining: 0, resetAtSeconds: START_SECONDS + 1 },
        { subject: 'org:b', windowSeconds: 60, quota: 10, remaining: 0, resetAtSeconds: START_SECONDS + 60 },
        { subject: 'org:b', windowSeconds: 86_400, quota: 100, remaining: 99, resetAtSeconds: START_SECONDS + 86_400 },
      ],
    });
  });

  it('refuses for the longest wait among the windows that are too full, and leaves the others as they were', () => {
    const outcome = judgeLimits(subjects, counters([2, 10, 50]), 1, START_SECONDS * 1_000 + 500);
    expect(outcome).toMatchObject({ kind: 'refused', retryAfterSeconds: 60 });
    expect(outcome.windows.map((window) => window.remaining)).toEqual([0, 0, 50]);
  });

  it.each([
    [0, 60],
    [1, 60],
    [999, 60],
    [1_000, 59],
    [58_999, 2],
    [59_000, 1],
    [59_999, 1],
  ])('%i ms into the minute asks for a wait of %i seconds', (elapsedMs, retryAfterSeconds) => {
    const outcome = judgeLimits(subjects, counters([0, 10, 0]), 1, START_SECONDS * 1_000 + elapsedMs);
    expect(outcome).toMatchObject({ kind: 'refused', retryAfterSeconds });
  });

  it('refuses a cost above the quota with the reset of that window', () => {
    const outcome = judgeLimits(subjects, counters([0, 0, 0]), 11, START_SECONDS * 1_000);
    expect(outcome).toMatchObject({ kind: 'refused', retryAfterSeconds: 60 });
  });

  it('never reports a negative remainder, even where the quota was lowered below what is used', () => {
    const outcome = judgeLimits(subjects, counters([7, 0, 0]), 1, START_SECONDS * 1_000);
    expect(outcome.windows[0]?.remaining).toBe(0);
  });

  it('allows everything where nothing is limited', () => {
    expect(judgeLimits([], [], 5, 0)).toEqual({ kind: 'allowed', windows: [] });
  });
});

describe('turnOver', () => {
  it('starts anew at the edge of the window, not a millisecond earlier', () => {
    const counter = { windowSeconds: 60, startSeconds: START_SECONDS, used: 5 };
    turnOver(counter, (START_SECONDS + 60) * 1_000 - 1);
    expect(counter.used).toBe(5);
    turnOver(counter, (START_SECONDS + 60) * 1_000);
    expect(counter).toEqual({ windowSeconds: 60, startSeconds: START_SECONDS + 60, used: 0 });
  });

  it('gives no quota twice to a clock that was set back a little, and does not freeze after a large step back', () => {
    const counter = { windowSeconds: 60, startSeconds: START_SECONDS, used: 5 };
    turnOver(counter, START_SECONDS * 1_000 - 1);
    expect(counter.used).toBe(5);
    turnOver(counter, (START_SECONDS - 3_600) * 1_000);
    expect(counter).toEqual({ windowSeconds: 60, startSeconds: START_SECONDS - 3_600, used: 0 });
  });
});
