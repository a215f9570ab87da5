import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aFault, aHistory, anOperation, aRefusal, itsArrival } from './a-history.conformance.js';
import type { Finding, HeldLimit } from './history.js';
import { neverOverAdmits } from './never-over-admits.js';
import { notOverDenying } from './not-over-denying.js';
import type { Operation } from './operation.js';

const found = ({ violations }: Finding) => violations.length;
const charged = { arguments: { subjects: ['key'] } };
const takes = (...startsMs: readonly number[]) => startsMs.map((atMs) => anOperation('use', atMs, atMs + 1, charged));
const under = (limit: HeldLimit, operations: readonly Operation[], more = {}) =>
  aHistory(operations, { subjects: { key: [limit] }, ...more });

const fixed: HeldLimit = { algorithm: 'fixed-window', windowSeconds: 1, quota: 3 };
const sliding: HeldLimit = { algorithm: 'sliding-window', windowSeconds: 1, quota: 3 };
const bucket: HeldLimit = { algorithm: 'token-bucket', windowSeconds: 3, quota: 3 };

describe('no limit is ever passed [INV-10]', () => {
  it.each([
    ['a fixed window', fixed, [100, 200, 300, 1_100, 1_200, 1_300]],
    // Twice the quota around the boundary is what a fixed window means.
    ['a fixed window at its boundary', fixed, [900, 910, 920, 1_100, 1_110, 1_120]],
    ['a sliding window', sliding, [100, 200, 300, 1_150, 1_250]],
    ['a token bucket', bucket, [0, 0, 0, 1_000, 2_000, 3_000]],
  ] as const)('holds for %s that is just full', (_, limit, startsMs) => {
    expect(neverOverAdmits(under(limit, takes(...startsMs)))).toEqual({ checked: startsMs.length, violations: [] });
  });

  it.each([
    ['a fixed window', fixed, [100, 200, 300, 400]],
    ['a sliding window over a boundary', sliding, [900, 910, 920, 1_100]],
    ['a token bucket that was emptied too fast', bucket, [0, 0, 0, 500]],
    ['a token bucket that runs too fast for long', bucket, [0, 0, 0, 800, 1_600, 2_400, 3_200, 4_000]],
  ] as const)('names what was too much for %s', (_, limit, startsMs) => {
    expect(found(neverOverAdmits(under(limit, takes(...startsMs))))).toBe(1);
  });

  it('holds against a limit only what was certainly counted within its window', () => {
    const across = anOperation('use', 400, 1_400, charged);
    expect(found(neverOverAdmits(under(fixed, [...takes(100, 200, 300), across])))).toBe(0);
    const arrivals = [itsArrival(across, 500)];
    expect(found(neverOverAdmits(under(fixed, [...takes(100, 200, 300), across], { arrivals })))).toBe(1);
  });

  it('counts costs, and what only the upstream saw', () => {
    const dear = anOperation('use', 100, 110, { arguments: { subjects: ['key'], cost: 4 } });
    expect(found(neverOverAdmits(under(fixed, [dear])))).toBe(1);
    const lost = anOperation('use', 400, 410, { ...charged, outcome: 'unknown', status: null });
    expect(found(neverOverAdmits(under(fixed, [...takes(100, 200, 300), lost])))).toBe(0);
    const arrivals = [itsArrival(lost, 405)];
    expect(found(neverOverAdmits(under(fixed, [...takes(100, 200, 300), lost], { arrivals })))).toBe(1);
  });

  it('judges every subject that a request is charged to', () => {
    const ofKey = (key: string, atMs: number) =>
      anOperation('use', atMs, atMs + 1, { arguments: { subjects: [key, 'org'] } });
    const operations = [ofKey('a', 100), ofKey('a', 200), ofKey('b', 300), ofKey('b', 400)];
    const subjects = { a: [fixed], b: [fixed], org: [fixed] };
    expect(neverOverAdmits(aHistory(operations, { subjects })).violations).toEqual([
      { message: expect.stringContaining('org'), operations },
    ]);
  });

  it('allows one quota more for each loss of the counters, where nothing more is promised', () => {
    const faults = [aFault(350, 360, { losesCounters: true })];
    const history = under(fixed, takes(100, 200, 300, 400, 500, 600), { faults });
    expect(found(neverOverAdmits(history))).toBe(0);
    expect(found(neverOverAdmits(history, { survivesLoss: true }))).toBe(1);
    expect(found(neverOverAdmits(under(fixed, takes(100, 200, 300, 400, 500, 600, 700), { faults })))).toBe(1);
  });

  it('finds exactly the sliding windows that counting in every interval finds', () => {
    const startsMs = fc.array(fc.integer({ min: 0, max: 4_000 }), { maxLength: 30 });
    fc.assert(
      fc.property(startsMs, (starts) => {
        const admitted = takes(...starts);
        const overfull = starts.some(
          (from) => starts.filter((start) => start >= from && start + 1 < from + 1_000 - 5).length > sliding.quota,
        );
        expect(found(neverOverAdmits(under(sliding, admitted))) > 0).toBe(overfull);
      }),
    );
  });

  it.each([undefined, 1, 7])('finds nothing in what a bucket of %s has let through, and one request more', (burst) => {
    const limit = burst === undefined ? bucket : { ...bucket, burst };
    const holds = burst ?? bucket.quota;
    const gapsMs = fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(gapsMs, (gaps) => {
        let [nowMs, level] = [0, holds];
        const admitted: number[] = [];
        for (const gap of gaps) {
          nowMs += gap;
          level = Math.min(holds, level + gap / 1_000);
          if (level < 1) continue;
          level--;
          admitted.push(nowMs);
        }
        expect(found(neverOverAdmits(under(limit, takes(...admitted))))).toBe(0);
        const spent = Array.from({ length: holds + 1 }, () => nowMs);
        expect(found(neverOverAdmits(under(limit, takes(...admitted, ...spent))))).toBe(1);
      }),
    );
  });

  it('finds exactly the buckets that asking of every interval finds, with losses of the counters', () => {
    const momentMs = fc.integer({ min: 0, max: 9_000 });
    const uses = fc.array(fc.tuple(momentMs, fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 1, max: 3 })), {
      maxLength: 25,
    });
    fc.assert(
      fc.property(uses, fc.array(fc.tuple(momentMs, fc.nat({ max: 500 })), { maxLength: 3 }), (asked, lost) => {
        const operations = asked.map(([atMs, tookMs, cost]) =>
          anOperation('use', atMs, atMs + tookMs, { arguments: { subjects: ['key'], cost } }),
        );
        const faults = lost.map(([atMs, tookMs]) => aFault(atMs, atMs + tookMs, { losesCounters: true }));
        const isOverfull = asked.some(([fromMs]) =>
          asked.some(([lastMs, lastTookMs]) => {
            const untilMs = lastMs + lastTookMs;
            const used = asked
              .filter(([atMs, tookMs]) => atMs >= fromMs && atMs + tookMs <= untilMs)
              .reduce((total, [, , cost]) => total + cost, 0);
            const losses = lost.filter(([atMs, tookMs]) => atMs <= untilMs && atMs + tookMs >= fromMs).length;
            return untilMs >= fromMs && used > bucket.quota * (1 + losses) + (untilMs - fromMs + 5) / 1_000;
          }),
        );
        expect(found(neverOverAdmits(under(bucket, operations, { faults }))) > 0).toBe(isOverfull);
      }),
    );
  });

  it.each([fixed, sliding, bucket])(
    'allows once more what shares of it allow while it cannot be asked: %o',
    (limit) => {
      const shared = { ...limit, shares: 2 };
      expect(found(neverOverAdmits(under(shared, takes(100, 100, 100, 110, 110, 110))))).toBe(0);
      expect(found(neverOverAdmits(under(shared, takes(100, 100, 100, 110, 110, 110, 110))))).toBe(1);
      const faults = [aFault(50, 60, { losesShares: true })];
      const more = takes(55, 55, 55, 100, 100, 100, 110, 110, 110);
      expect(found(neverOverAdmits(under(shared, more, { faults })))).toBe(0);
      expect(found(neverOverAdmits(under(limit, more, { faults })))).toBe(1);
    },
  );
});

describe('nobody is limited too early [INV-11]', () => {
  const limited = (atMs: number, more = {}) =>
    aRefusal(atMs, atMs + 1, 429, { arguments: { subjects: ['key'], ...more } });

  it('holds where the quota was used up, or may have been without anybody knowing', () => {
    expect(notOverDenying(under(fixed, [...takes(100, 200, 300), limited(400)]))).toEqual({
      checked: 4,
      violations: [],
    });
    const lost = anOperation('use', 250, 260, { ...charged, outcome: 'unknown', status: null });
    expect(found(notOverDenying(under(fixed, [...takes(100, 200), lost, limited(400)])))).toBe(0);
  });

  it.each([fixed, sliding, bucket])('names a request that was limited below the quota: %o', (limit) => {
    expect(found(notOverDenying(under(limit, [...takes(100, 200), limited(400)])))).toBe(1);
  });

  it('names what an answer says to be limited, and counts slow ones and those of a bucket that holds more', () => {
    const said = anOperation('use', 400, 401, { ...charged, outcome: 'failed', result: { limited: true } });
    const slow = anOperation('use', 50, 900, charged);
    expect(found(notOverDenying(under(fixed, [...takes(100, 200), said])))).toBe(1);
    expect(found(notOverDenying(under(fixed, [...takes(100, 200), slow, said])))).toBe(0);
    const deep = { ...bucket, burst: 4 };
    expect(found(notOverDenying(under(deep, [...takes(100, 200, 300), limited(400)])))).toBe(1);
    expect(found(notOverDenying(under(deep, [...takes(100, 200, 300, 310), limited(400)])))).toBe(0);
  });

  it('where shares are enforced, says nothing from the smallest share on', () => {
    const shared = { ...fixed, quota: 6, shares: 3 };
    expect(found(notOverDenying(under(shared, [...takes(100), limited(400)])))).toBe(1);
    expect(found(notOverDenying(under(shared, [...takes(100, 200), limited(400)])))).toBe(0);
    // A refusal by a share comes after a question that the counters may have charged.
    expect(found(notOverDenying(under(shared, [limited(100), limited(200), limited(400)])))).toBe(2);
  });

  it('allows for what may be held of a quota ahead, and for no more', () => {
    const leased = { ...fixed, heldAhead: 1 };
    expect(found(notOverDenying(under(leased, [...takes(100, 200), limited(400)])))).toBe(0);
    expect(found(notOverDenying(under(leased, [...takes(100), limited(400)])))).toBe(1);
    expect(found(neverOverAdmits(under(leased, takes(100, 200, 300, 400))))).toBe(1);
  });

  it('knows that a fixed window begins anew, and that refused requests cost nothing', () => {
    expect(found(notOverDenying(under(fixed, [...takes(100, 200, 300), limited(1_400)])))).toBe(1);
    expect(found(notOverDenying(under(fixed, [...takes(100), limited(200), limited(300), limited(400)])))).toBe(3);
  });

  it('says nothing while a part fails, and for some time after', () => {
    const history = [...takes(100), limited(400)];
    expect(notOverDenying(under(fixed, history, { faults: [aFault(0, 50)] }))).toEqual({ checked: 0, violations: [] });
    expect(found(notOverDenying(under(fixed, history, { faults: [aFault(2_000, 3_000)] })))).toBe(1);
  });

  it('names who waited for the Retry-After and was limited all the same', () => {
    const first = limited(400);
    const again = limited(950, { afterRetryAfterOf: first.id });
    expect(found(notOverDenying(under(fixed, [...takes(100, 200, 300), first, again])))).toBe(1);
  });
});
