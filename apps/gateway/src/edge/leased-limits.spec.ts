import type { Limit } from '@gatehouse/limit-domain/limit';
import { MemoryCounters } from '@gatehouse/limit-domain/memory-counters';
import { describe, expect, it } from '@jest/globals';
import { exampleApi, exampleFacts } from '../proxy/gateway-under-test.conformance.js';
import { publishApis } from '../routes/published-api.js';
import type { TakeOutcome } from './authorize-secret.js';
import { LeasedLimits, type LeasedLimitsPorts } from './leased-limits.js';
import { limitsFor } from './limits-for.js';

const START_MS = Date.UTC(2026, 0, 15, 12, 0, 0);
const MINUTE: Limit = { windowSeconds: 60, quota: 1_000 };

/** A gateway before a limiter in memory, with a clock that stands still. */
function gateway(limits: readonly Limit[] = [MINUTE], ports: Partial<LeasedLimitsPorts> = {}) {
  const plans = { free: { key: limits, organization: [], keysMax: null } };
  const api = exampleApi({ limits: 'leased', plans });
  const [published] = publishApis({ apis: [api], gateways: 1 }).byName.values();
  if (published === undefined) throw new Error('no API');
  const counters = new MemoryCounters();
  const clock = { ms: 0 };
  const counts = { asked: 0, allotted: 0, ids: 0 };
  const returned: number[] = [];
  const leased = new LeasedLimits({
    ask: async (_published, { subjects, cost }): Promise<TakeOutcome> => {
      counts.asked++;
      return counters.take(subjects, cost, START_MS + clock.ms);
    },
    allot: async (allotment, { subjects }) => {
      counts.allotted++;
      return counters.allot(allotment, subjects, START_MS + clock.ms);
    },
    giveBack: async (allotment) => {
      returned.push(allotment.units);
      counters.giveBack(allotment, START_MS + clock.ms);
    },
    newId: () => String(++counts.ids).padStart(32, '0'),
    monotonicMs: () => clock.ms,
    ...ports,
  });
  const chargeOf = (facts: ReturnType<typeof exampleFacts>, cost: number) => {
    const charge = limitsFor(facts, api, cost);
    if (charge === undefined) throw new Error('nothing is limited');
    return charge;
  };
  const facts = exampleFacts();
  const take = async (cost = 1, by = facts) => {
    const outcome = await leased.take(published, chargeOf(by, cost));
    await new Promise((resolve) => setImmediate(resolve));
    return outcome;
  };
  return {
    leased,
    clock,
    counts,
    counters,
    returned,
    facts,
    take,
    /** What the port answers at once; a promise where it asks. */
    takeNow: (cost = 1) => leased.take(published, chargeOf(facts, cost)),
    left: () => {
      const outcome = counters.take(chargeOf(facts, 0).subjects, 0, START_MS + clock.ms);
      return outcome.windows[0]?.remaining;
    },
    busy: async (by = facts) => {
      for (let request = 0; request < 20; request++) await take(1, by);
    },
  };
}

describe('limits that a gateway leases', () => {
  it('are asked for a caller who comes seldom, and charged ahead for one who is busy', async () => {
    const { take, counts, clock, leased } = gateway();
    for (let request = 0; request < 5; request++) {
      await take();
      clock.ms += 100;
    }
    expect(counts).toMatchObject({ asked: 5, allotted: 0 });
    for (let request = 0; request < 40; request++) await take();
    expect(counts.allotted).toBeGreaterThan(0);
    expect(counts.asked).toBeLessThan(15);
    expect(leased.takenCount).toBe(45 - counts.asked);
  });

  it('answer at once from what is held, and tell what is left as a limiter would', async () => {
    const { busy, takeNow, counts } = gateway();
    await busy();
    const before = counts.asked;
    const outcome = takeNow();
    if (outcome instanceof Promise) throw new Error('it was asked');
    expect(outcome).toEqual({
      kind: 'allowed',
      windows: [
        {
          subject: 'key:key_1',
          windowSeconds: 60,
          quota: 1_000,
          remaining: 979,
          resetAtSeconds: START_MS / 1_000 + 60,
        },
      ],
    });
    expect(counts.asked).toBe(before);
  });

  it('let exactly the quota through to a caller who uses it up, at whatever cost', async () => {
    for (const cost of [1, 3]) {
      const { take, clock, leased, left } = gateway();
      let [units, refused] = [0, 0];
      for (let request = 0; request < 1_200; request++) {
        const outcome = await take(cost);
        if (outcome.kind === 'allowed') units += cost;
        if (outcome.kind === 'refused') refused++;
        clock.ms += 1;
        if (request % 100 === 0) leased.sweep();
      }
      expect({ units, refused: refused > 0, left: left() }).toEqual({
        units: 1_000 - (1_000 % cost),
        refused: true,
        left: 1_000 % cost,
      });
    }
  });

  it('ask for every request where a limit is no fixed window, or in shadow', async () => {
    for (const other of [{ algorithm: 'sliding-window' }, { algorithm: 'token-bucket' }, { shadow: true }] as const) {
      const { busy, counts } = gateway([MINUTE, { ...MINUTE, windowSeconds: 3_600, ...other }]);
      await busy();
      expect(counts).toMatchObject({ asked: 20, allotted: 0 });
    }
  });

  it('ask for every request towards the end of a quota', async () => {
    const { busy, counts } = gateway([{ windowSeconds: 60, quota: 60 }]);
    await busy();
    expect(counts).toMatchObject({ asked: 20, allotted: 0 });
  });

  it.each<[string, TakeOutcome]>([
    ['could not be asked', { kind: 'unavailable' }],
    ['were decided by a policy', { kind: 'allowed', windows: [] }],
    ['are counted by a store that has lost its memory', { kind: 'allowed', windows: [], isUncertain: true }],
  ])('are not charged ahead while they %s', async (_, outcome) => {
    const windows = [{ subject: 'key:key_1', ...MINUTE, remaining: 900, resetAtSeconds: START_MS / 1_000 + 60 }];
    const told = outcome.kind === 'allowed' && outcome.isUncertain ? { ...outcome, windows } : outcome;
    const { busy, counts } = gateway([MINUTE], { ask: async () => told });
    await busy();
    expect(counts.allotted).toBe(0);
  });

  it('give back what is not used, soon, and then hold nothing', async () => {
    const { busy, leased, clock, left, returned } = gateway();
    await busy();
    expect(left()).toBeLessThan(980);
    clock.ms += 100;
    leased.sweep();
    await new Promise((resolve) => setImmediate(resolve));
    expect({ left: left(), callers: leased.callers, returned: returned.length > 0 }).toEqual({
      left: 980,
      callers: 0,
      returned: true,
    });
  });

  it('give everything back when the gateway is stopped, also what is only coming', async () => {
    let arrive: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const parts = gateway();
    await parts.busy();
    const waiting = gateway([MINUTE], {
      allot: async (allotment, { subjects }) => {
        const outcome = waiting.counters.allot(allotment, subjects, START_MS);
        await late;
        return outcome;
      },
    });
    await waiting.busy();
    const stopped = waiting.leased.stop();
    arrive();
    await Promise.all([stopped, parts.leased.stop()]);
    for (const { left, leased, take, counts } of [parts, waiting]) {
      expect(left()).toBe(980);
      const { allotted } = counts;
      for (let request = 0; request < 20; request++) expect((await take()).kind).toBe('allowed');
      expect({ allotted: counts.allotted, callers: leased.callers }).toEqual({ allotted, callers: 0 });
    }
  });

  it('are never spent for other facts about the same key: what was held goes back', async () => {
    const { busy, take, leased, clock, left, counts, facts } = gateway();
    await busy();
    const { asked } = counts;
    const changed = { ...facts, limits: [{ windowSeconds: 60, quota: 900 }] };
    expect(await take(1, changed)).toMatchObject({ kind: 'allowed', windows: [{ quota: 900 }] });
    expect(counts.asked).toBe(asked + 1);
    clock.ms += 500;
    leased.sweep();
    expect(left()).toBe(979);
  });

  it('are not asked for again for a second where nobody answers that, and what may be charged is given back', async () => {
    const parts = gateway([MINUTE], {
      allot: async (allotment, { subjects }) => {
        parts.counts.allotted++;
        parts.counters.allot(allotment, subjects, START_MS);
        return { kind: 'unavailable' };
      },
    });
    const { busy, clock, counts, leased, left } = parts;
    await busy();
    clock.ms = 999;
    await busy();
    expect(counts).toMatchObject({ asked: 40, allotted: 1 });
    leased.sweep();
    expect(left()).toBe(960);
    clock.ms = 1_000;
    await busy();
    expect(counts.allotted).toBe(2);
  });

  it('ask for nothing by a charge of nothing, and tell by it what is held too', async () => {
    const { busy, take, counts } = gateway();
    for (let request = 0; request < 20; request++) await take(0);
    expect(counts).toMatchObject({ asked: 20, allotted: 0 });
    await busy();
    expect(await take(0)).toMatchObject({ windows: [{ remaining: 980 }] });
    expect(counts.asked).toBeLessThan(40);
  });
});
