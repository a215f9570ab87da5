import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LimitOutcome, SubjectLimits } from './limit.js';
import { MemoryCounters } from './memory-counters.js';

const START_MS = Date.UTC(2026, 0, 15, 12, 0, 0);

/** The promise said as plainly as possible: a list of all charges that were ever made, counted anew for each question. */
function referenceModel() {
  const charges: { subject: string; windowSeconds: number; atMs: number; cost: number }[] = [];
  const startOf = (windowSeconds: number, nowMs: number) => Math.floor(nowMs / 1_000 / windowSeconds) * windowSeconds;
  const usedIn = (subject: string, windowSeconds: number, nowMs: number) =>
    charges
      .filter((charge) => charge.subject === subject && charge.windowSeconds === windowSeconds)
      .filter((charge) => startOf(windowSeconds, charge.atMs) === startOf(windowSeconds, nowMs))
      .reduce((sum, charge) => sum + charge.cost, 0);
  const fits = (subjects: readonly SubjectLimits[], cost: number, nowMs: number) =>
    subjects.every(({ subject, limits }) =>
      limits.every(({ windowSeconds, quota }) => usedIn(subject, windowSeconds, nowMs) + cost <= quota),
    );
  return {
    fits,
    take(subjects: readonly SubjectLimits[], cost: number, nowMs: number) {
      const allowed = fits(subjects, cost, nowMs);
      const names = new Set<string>();
      for (const { subject, limits } of allowed ? subjects : []) {
        for (const { windowSeconds } of limits) {
          if (names.has(`${subject} ${windowSeconds}`)) continue;
          names.add(`${subject} ${windowSeconds}`);
          charges.push({ subject, windowSeconds, atMs: nowMs, cost });
        }
      }
      const windows = subjects.flatMap(({ subject, limits }) =>
        limits.map(({ windowSeconds, quota }) => ({
          subject,
          windowSeconds,
          quota,
          remaining: Math.max(0, quota - usedIn(subject, windowSeconds, nowMs)),
          resetAtSeconds: startOf(windowSeconds, nowMs) + windowSeconds,
        })),
      );
      return { allowed, windows };
    },
  };
}

const limits = fc.array(
  fc.record({ windowSeconds: fc.constantFrom(1, 7, 60, 3_600), quota: fc.integer({ min: 0, max: 6 }) }),
  { maxLength: 3 },
);
const subjects = fc.array(fc.record({ subject: fc.constantFrom('key:a', 'key:b', 'org:a'), limits }), { maxLength: 3 });
const steps = fc.array(
  fc.record({
    subjects,
    cost: fc.integer({ min: 0, max: 7 }),
    waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 0, max: 90_000 })),
  }),
  { maxLength: 60 },
);

describe('MemoryCounters', () => {
  it('decides as the reference model does, over any history', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const counters = new MemoryCounters();
        const model = referenceModel();
        let nowMs = START_MS;
        for (const step of history) {
          nowMs += step.waitMs;
          const expected = model.take(step.subjects, step.cost, nowMs);
          const outcome = counters.take(step.subjects, step.cost, nowMs);
          expect(outcome.kind === 'allowed').toBe(expected.allowed);
          expect(outcome.windows).toEqual(expected.windows);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('lets a lone caller through after exactly Retry-After seconds, and not one second earlier', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const counters = new MemoryCounters();
        const model = referenceModel();
        let nowMs = START_MS;
        for (const { subjects, cost, waitMs } of history) {
          nowMs += waitMs;
          const outcome = counters.take(subjects, cost, nowMs);
          model.take(subjects, cost, nowMs);
          const couldEverFit = subjects.every((one) => one.limits.every(({ quota }) => cost <= quota));
          if (outcome.kind === 'allowed' || !couldEverFit) continue;
          const { retryAfterSeconds } = outcome;
          expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
          expect(model.fits(subjects, cost, nowMs + retryAfterSeconds * 1_000)).toBe(true);
          expect(model.fits(subjects, cost, nowMs + (retryAfterSeconds - 1) * 1_000)).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('forgets subjects whose windows are all over, and none that still counts', () => {
    const counters = new MemoryCounters();
    const minute = [{ windowSeconds: 60, quota: 1 }];
    const day = [{ subject: 'key:day', limits: [{ windowSeconds: 86_400, quota: 1 }] }];
    expect(counters.take(day, 1, START_MS).kind).toBe('allowed');
    let nowMs = START_MS;
    for (let index = 0; index < 200_000; index++) {
      nowMs = START_MS + index * 10;
      counters.take([{ subject: `key:${index}`, limits: minute }], 1, nowMs);
    }
    expect(counters.size).toBeLessThan(20_000);
    expect(counters.take(day, 1, nowMs).kind).toBe('refused');
  });

  it('counts by subject and window, so that a changed quota keeps what was used [H-123]', () => {
    const counters = new MemoryCounters();
    const take = (quota: number): LimitOutcome =>
      counters.take([{ subject: 'key:a', limits: [{ windowSeconds: 60, quota }] }], 1, START_MS);
    for (let index = 0; index < 5; index++) expect(take(5).kind).toBe('allowed');
    expect(take(3).kind).toBe('refused');
    expect(take(6).kind).toBe('allowed');
    expect(take(6).kind).toBe('refused');
  });
});
