import { describe, expect, it } from '@jest/globals';
import { dayStart, usagePeriod } from './usage-period.js';

const NOW_MS = Date.UTC(2026, 0, 15, 12, 34, 56, 789);
const iso = (unixMs: number) => new Date(unixMs).toISOString();

describe('the period of a usage report', () => {
  it.each([
    [1, 'hour', '2026-01-14T13:00:00.000Z'],
    [3, 'hour', '2026-01-12T13:00:00.000Z'],
    [4, 'day', '2026-01-12T00:00:00.000Z'],
    [30, 'day', '2025-12-17T00:00:00.000Z'],
  ] as const)(
    'has as many whole steps as %p days have, the one that runs included: by %s from %s',
    (days, step, from) => {
      const period = usagePeriod(days, NOW_MS);
      expect([period.step, iso(period.fromMs), period.toMs]).toEqual([step, from, NOW_MS]);
      const steps = Math.ceil((NOW_MS - period.fromMs) / (step === 'hour' ? 3_600_000 : 86_400_000));
      expect(steps).toBe(step === 'hour' ? days * 24 : days);
    },
  );

  it('begins its days at midnight UTC', () => {
    expect(iso(dayStart(NOW_MS, 1))).toBe('2026-01-15T00:00:00.000Z');
    expect(iso(dayStart(Date.UTC(2026, 0, 15), 2))).toBe('2026-01-14T00:00:00.000Z');
  });
});
