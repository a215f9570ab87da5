import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { events, Gateways } from './gateways-model.conformance.js';
import type { WindowState } from './limit.js';
import { UnitsAhead } from './units-ahead.js';

const subjects = [
  {
    subject: 'key:a',
    limits: [
      { windowSeconds: 1, quota: 150 },
      { windowSeconds: 60, quota: 400 },
    ],
  },
  { subject: 'org:a', limits: [{ windowSeconds: 3_600, quota: 500 }] },
];

describe('quotas that gateways hold a part of', () => {
  it('are never passed, whatever messages are late, lost, twice there or out of order, and whoever is killed [INV-10]', () => {
    let taken = 0;
    fc.assert(
      fc.property(events(true), (history) => {
        const gateways = new Gateways(subjects, 3);
        for (const event of history) gateways.happen(event);
        gateways.settle();
        taken += gateways.taken;
        expect(gateways.overAdmitted).toBe(0);
      }),
      { numRuns: 300 },
    );
    // Otherwise nothing was shown.
    expect(taken).toBeGreaterThan(1_000);
  });

  it('are all there again when everybody has given back', () => {
    fc.assert(
      fc.property(events(false), (history) => {
        const gateways = new Gateways(subjects, 3);
        for (const event of history) gateways.happen(event);
        expect(gateways.settle()).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('are told by one gateway alone as they are, or as less', () => {
    fc.assert(
      fc.property(events(true), (history) => {
        const gateways = new Gateways(subjects, 1);
        for (const event of history) gateways.happen(event);
        expect(gateways.overTold).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

const windows = (remaining: number): WindowState[] => [
  { subject: 'key:a', windowSeconds: 60, quota: 10_000, remaining, resetAtSeconds: 120 },
];
const reply = (remaining: number, endsInMs = 30_000) => ({ windows: windows(remaining), endsInMs });
const id = (count: number) => String(count).padStart(32, '0');

/** Somebody who has asked for four requests, and held 100 units since. */
function holder(nowMs = 1_000): UnitsAhead {
  const units = new UnitsAhead();
  for (let request = 0; request < 4; request++) units.take(1, nowMs);
  units.hear(windows(9_996));
  units.ask();
  units.receive({ id: id(1), units: 100 }, reply(9_896), nowMs, nowMs);
  return units;
}

describe('units that were charged ahead', () => {
  it('are asked for by a caller who is busy, once at a time', () => {
    const units = new UnitsAhead();
    units.hear(windows(9_000));
    const wanted = [1, 2, 3, 4].map(() => {
      units.take(1, 1_000);
      return units.wanted(1, 1_000);
    });
    expect(wanted).toEqual([0, 0, 0, 4]);
    units.ask();
    units.take(1, 1_000);
    expect(units.wanted(1, 1_000)).toBe(0);
    units.goWithout(1_001);
    expect(units.wanted(1, 1_150)).toBe(0);
    expect(units.wanted(1, 1_201)).toBe(5);
  });

  it('are not asked for by whoever asks seldom, nor where nobody knows what is left', () => {
    const seldom = new UnitsAhead();
    seldom.hear(windows(9_000));
    for (let nowMs = 0; nowMs < 5_000; nowMs += 100) {
      seldom.take(1, nowMs);
      expect(seldom.wanted(1, nowMs)).toBe(0);
    }
    const unsure = new UnitsAhead();
    for (let request = 0; request < 50; request++) unsure.take(1, 1_000);
    expect(unsure.wanted(1, 1_000)).toBe(0);
    unsure.hear(windows(9_000));
    expect(unsure.wanted(1, 1_000)).toBe(50);
    unsure.hear([]);
    expect(unsure.wanted(1, 1_000)).toBe(0);
  });

  it('are spent by requests of any cost; each is told what the limiter had left and what is still held', () => {
    const units = holder();
    expect(units.take(1, 1_001)).toEqual(windows(9_995));
    expect(units.take(90, 1_001)).toEqual(windows(9_905));
    expect(units.take(10, 1_001)).toBeUndefined();
    expect(units.take(0, 1_001)).toEqual(windows(9_905));
    expect(units.take(9, 1_001)).toEqual(windows(9_896));
    expect(units.take(0, 1_001)).toBeUndefined();
    expect(units.releaseAll()).toEqual([]);
  });

  it('end by the clock of whoever holds them, counted from before they were asked for', () => {
    const units = new UnitsAhead();
    units.ask();
    units.receive({ id: id(1), units: 100 }, reply(9_000, 300), 1_000, 1_200);
    expect(units.take(1, 1_289)).toBeDefined();
    expect(units.take(1, 1_290)).toBeUndefined();
    expect(units.release(1_290)).toEqual([{ id: id(1), units: 99 }]);
    expect(units.release(1_290)).toEqual([]);
    expect(units.isEmpty).toBe(true);
  });

  it('go back where they come too late to be used', () => {
    const units = new UnitsAhead();
    units.ask();
    units.receive({ id: id(1), units: 100 }, reply(9_000, 300), 1_000, 1_290);
    expect(units.take(1, 1_290)).toBeUndefined();
    expect(units.release(1_290)).toEqual([{ id: id(1), units: 100 }]);
  });

  it('go back when nobody has used them for a tenth of a second, and only then', () => {
    const units = holder();
    units.take(1, 1_090);
    expect(units.release(1_189)).toEqual([]);
    expect(units.release(1_190)).toEqual([{ id: id(1), units: 99 }]);
    expect(units.take(1, 1_190)).toBeUndefined();
  });

  it('are asked for anew before they are used up; the older ones are spent first', () => {
    const units = holder();
    units.take(75, 1_050);
    expect(units.wanted(1, 1_050)).toBe(0);
    units.take(1, 1_050);
    expect(units.wanted(1, 1_050)).toBeGreaterThan(0);
    units.ask();
    units.receive({ id: id(2), units: 50 }, reply(9_846), 1_050, 1_052);
    expect(units.take(30, 1_053)).toEqual(windows(9_846 + 44));
    expect(units.releaseAll()).toEqual([{ id: id(2), units: 44 }]);
  });

  it('of which nobody knows whether they were charged are given back, whatever came of them', () => {
    const units = new UnitsAhead();
    units.ask();
    units.goWithout(1_000, { id: id(1), units: 7 });
    expect(units.isEmpty).toBe(false);
    expect(units.release(1_000)).toEqual([{ id: id(1), units: 7 }]);
    expect(units.isEmpty).toBe(true);
  });
});
