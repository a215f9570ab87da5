import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Limit, LimitOutcome } from './limit.js';
import { MemoryCounters } from './memory-counters.js';
import { histories, referenceModel } from './reference-model.conformance.js';

const START_MS = Date.UTC(2026, 0, 15, 12, 0, 0);

describe('MemoryCounters', () => {
  it('forgets subjects whose windows are all over, and none that still counts [R-06]', () => {
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

  it('says when there is more than now, and it is so, and not a second earlier', () => {
    fc.assert(
      fc.property(histories(['key:a', 'org:a']), (history) => {
        const counters = new MemoryCounters();
        const model = referenceModel();
        let nowMs = START_MS;
        for (const { subjects, cost, waitMs } of history) {
          nowMs += waitMs;
          const { windows } = counters.take(subjects, cost, nowMs);
          model.take(subjects, cost, nowMs);
          const limits = subjects.flatMap(({ subject, limits: all }) => all.map((limit) => ({ subject, limit })));
          limits
            .filter(({ limit }) => limit.shadow !== true)
            .forEach(({ subject, limit }, index) => {
              const { remaining, resetAtSeconds } = windows[index] ?? { remaining: 0, resetAtSeconds: 0 };
              if (remaining === (limit.burst ?? limit.quota)) return;
              const has = (atMs: number) =>
                model.fits([{ subject, limits: [limit] }], remaining + 1, Math.max(nowMs, atMs));
              expect(has(resetAtSeconds * 1_000)).toBe(true);
              expect(has((resetAtSeconds - 1) * 1_000)).toBe(false);
            });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a limit that changes while it is busy', () => {
  const WAYS: readonly Pick<Limit, 'algorithm'>[] = [
    {},
    { algorithm: 'sliding-window' },
    { algorithm: 'token-bucket' },
  ];
  const changes = WAYS.flatMap((from) => WAYS.map((to) => [from, to] as const)).filter(([from, to]) => from !== to);
  const nameOf = ({ algorithm }: Pick<Limit, 'algorithm'>) => algorithm ?? 'fixed-window';
  const take = (counters: MemoryCounters, limit: Limit, atMs: number, cost = 1): LimitOutcome =>
    counters.take([{ subject: 'key:a', limits: [limit] }], cost, atMs);

  it.each(changes.map(([from, to]) => [nameOf(from), nameOf(to), from, to] as const))(
    'gives nobody a quota twice when %s becomes %s [H-123]',
    (_from, _to, from, to) => {
      const counters = new MemoryCounters();
      const limit = { windowSeconds: 60, quota: 5 };
      for (let index = 0; index < 5; index++) {
        expect(take(counters, { ...limit, ...from }, START_MS + 1_000).kind).toBe('allowed');
      }
      expect(take(counters, { ...limit, ...to }, START_MS + 1_001).kind).toBe('refused');
      expect(take(counters, { ...limit, ...to, quota: 6, burst: 6 }, START_MS + 1_001).kind).toBe('allowed');
      expect(take(counters, { ...limit, ...from }, START_MS + 1_002).kind).toBe('refused');
    },
  );

  it('counts for both of two gateways that have another algorithm for it, and starves neither', () => {
    const counters = new MemoryCounters();
    const limit = { windowSeconds: 60, quota: 6 };
    const both = [limit, { ...limit, algorithm: 'sliding-window' as const }];
    for (let second = 0; second < 600; second++) {
      let allowed = 0;
      for (const one of both) if (take(counters, one, START_MS + second * 1_000).kind === 'allowed') allowed++;
      if (second % 60 < 3) expect(allowed).toBe(2);
      else expect(allowed).toBe(0);
    }
  });

  it('keeps what was used when the quota changes, up or down', () => {
    for (const way of WAYS) {
      const counters = new MemoryCounters();
      const under = (quota: number) => take(counters, { windowSeconds: 60, quota, ...way }, START_MS).kind;
      for (let index = 0; index < 5; index++) expect(under(5)).toBe('allowed');
      expect(under(3)).toBe('refused');
      expect(under(6)).toBe('allowed');
      expect(under(6)).toBe('refused');
    }
  });

  it('begins with what the others have counted where it was in shadow before', () => {
    const counters = new MemoryCounters();
    const limit = { windowSeconds: 60, quota: 3 };
    for (let index = 0; index < 5; index++) {
      expect(take(counters, { ...limit, shadow: true }, START_MS).kind).toBe('allowed');
    }
    expect(take(counters, limit, START_MS).kind).toBe('refused');
  });
});

describe('a limit in shadow', () => {
  it('refuses nothing, is in no window, and says what it would have refused, as if it had', () => {
    const counters = new MemoryCounters();
    const shadow: Limit = { windowSeconds: 60, quota: 2, shadow: true };
    const subjects = [{ subject: 'key:a', limits: [{ windowSeconds: 60, quota: 4 }, shadow] }];
    const outcomes = Array.from({ length: 5 }, () => counters.take(subjects, 1, START_MS));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['allowed', 'allowed', 'allowed', 'allowed', 'refused']);
    expect(outcomes.every(({ windows }) => windows.length === 1)).toBe(true);
    const said = outcomes.map((outcome) => (outcome.kind === 'allowed' ? outcome.shadowRefusals : undefined));
    const refusal = [{ subject: 'key:a', limit: shadow }];
    expect(said).toEqual([undefined, undefined, refusal, refusal, undefined]);
  });
});
