import fc from 'fast-check';
import type { Limit, SubjectLimits } from './limit.js';

/** What was ever asked of one window of one subject. */
interface Asked {
  readonly atMs: number;
  readonly limit: Limit;
  readonly charged: number;
}

/** What a limiter answers, without the names of its types. */
export interface Verdict {
  readonly allowed: boolean;
  /** Of the limits that are enforced, in the order of the query. */
  readonly remaining: readonly number[];
  /** Whether each limit in shadow would have refused, in the order of the query. */
  readonly shadows: readonly boolean[];
}

/** So much is used of the window now, by everything that was ever asked. One sentence for each algorithm. */
const USED: Readonly<Record<string, (asked: readonly Asked[], limit: Limit, nowMs: number) => number>> = {
  'fixed-window': (asked, { windowSeconds }, nowMs) => {
    const windowOf = (atMs: number) => Math.floor(atMs / 1_000 / windowSeconds);
    return sumOf(asked.filter(({ atMs }) => windowOf(atMs) === windowOf(nowMs)));
  },
  'sliding-window': (asked, { windowSeconds }, nowMs) =>
    sumOf(asked.filter(({ atMs }) => atMs > nowMs - windowSeconds * 1_000)),
  'token-bucket': (asked, { windowSeconds }, nowMs) => {
    const windowMs = BigInt(windowSeconds * 1_000);
    let missing = 0n;
    asked.forEach(({ atMs, limit, charged }, index) => {
      const flowsForMs = BigInt((asked[index + 1]?.atMs ?? nowMs) - atMs);
      missing += BigInt(charged) * windowMs - flowsForMs * BigInt(limit.quota);
      if (missing < 0n) missing = 0n;
    });
    return Number((missing + windowMs - 1n) / windowMs);
  },
};

function sumOf(asked: readonly Asked[]): number {
  return asked.reduce((sum, { charged }) => sum + charged, 0);
}

/**
 * The promises of the limits said as plainly as possible: everything that was ever asked, counted anew for each question.
 * One window of one subject keeps its algorithm; quotas and bursts may change.
 */
export function referenceModel() {
  const asked = new Map<string, Asked[]>();
  const askedOf = (subject: string, { windowSeconds }: Limit): Asked[] => {
    const name = `${subject} ${windowSeconds}`;
    const found = asked.get(name) ?? [];
    asked.set(name, found);
    return found;
  };
  const leftOf = (subject: string, limit: Limit, nowMs: number) => {
    const used = USED[limit.algorithm ?? 'fixed-window']?.(askedOf(subject, limit), limit, nowMs) ?? 0;
    return Math.max(0, (limit.burst ?? limit.quota) - used);
  };
  const fits = (subjects: readonly SubjectLimits[], cost: number, nowMs: number) =>
    flat(subjects).every(
      ({ subject, limit }) =>
        limit.shadow === true || isWithin(leftOf(subject, limit, nowMs), subject, limit, cost, nowMs),
    );
  // Over a quota that was lowered nothing is left, and yet a cost of nothing does not fit.
  const isWithin = (left: number, subject: string, limit: Limit, cost: number, nowMs: number) => {
    const used = USED[limit.algorithm ?? 'fixed-window']?.(askedOf(subject, limit), limit, nowMs) ?? 0;
    return cost <= left && used <= (limit.burst ?? limit.quota);
  };
  return {
    fits,
    take(subjects: readonly SubjectLimits[], cost: number, nowMs: number): Verdict {
      const all = flat(subjects);
      const allowed = fits(subjects, cost, nowMs);
      const fitting = all.map(({ subject, limit }) =>
        isWithin(leftOf(subject, limit, nowMs), subject, limit, cost, nowMs),
      );
      const seen = new Set<Asked[]>();
      all.forEach(({ subject, limit }, index) => {
        const history = askedOf(subject, limit);
        if (seen.has(history)) return;
        seen.add(history);
        history.push({ atMs: nowMs, limit, charged: allowed && fitting[index] === true ? cost : 0 });
      });
      return {
        allowed,
        remaining: all
          .filter(({ limit }) => limit.shadow !== true)
          .map(({ subject, limit }) => leftOf(subject, limit, nowMs)),
        shadows: all.flatMap(({ limit }, index) =>
          limit.shadow === true ? [allowed && fitting[index] === false] : [],
        ),
      };
    },
  };
}

function flat(subjects: readonly SubjectLimits[]) {
  return subjects.flatMap(({ subject, limits }) => limits.map((limit) => ({ subject, limit })));
}

/** One question of a history: at the time of the one before it, or later. */
export interface Step {
  readonly subjects: readonly SubjectLimits[];
  readonly cost: number;
  readonly waitMs: number;
}

const WINDOWS_SECONDS = [1, 7, 60, 3_600] as const;
const ALGORITHMS = ['fixed-window', 'sliding-window', 'token-bucket'] as const;

/** Histories in which every window has its algorithm, and quotas change under way. */
export function histories(names: readonly string[]): fc.Arbitrary<readonly Step[]> {
  const way = fc.record({
    algorithm: fc.constantFrom(...ALGORITHMS),
    shadow: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  });
  const ways = fc.array(way, {
    minLength: names.length * WINDOWS_SECONDS.length,
    maxLength: names.length * WINDOWS_SECONDS.length,
  });
  const asked = fc.uniqueArray(
    fc.record({
      name: fc.nat({ max: names.length - 1 }),
      window: fc.nat({ max: WINDOWS_SECONDS.length - 1 }),
      quota: fc.integer({ min: 1, max: 6 }),
      burst: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
    }),
    { maxLength: 5, selector: ({ name, window }) => `${name} ${window}` },
  );
  const waitMs = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 0, max: 90_000 }));
  const steps = fc.array(fc.record({ asked, cost: fc.integer({ min: 0, max: 7 }), waitMs }), { maxLength: 60 });
  return fc.tuple(ways, steps).map(([chosen, given]) =>
    given.map((step) => ({
      cost: step.cost,
      waitMs: step.waitMs,
      subjects: names.flatMap((subject, name) => {
        const limits = step.asked
          .filter((one) => one.name === name)
          .map(({ window, quota, burst }): Limit => {
            const { algorithm, shadow } = chosen[name * WINDOWS_SECONDS.length + window] ?? {
              algorithm: 'fixed-window',
              shadow: false,
            };
            return {
              windowSeconds: WINDOWS_SECONDS[window] ?? 1,
              quota,
              ...(algorithm === 'fixed-window' ? {} : { algorithm }),
              ...(algorithm === 'token-bucket' && burst !== undefined ? { burst } : {}),
              ...(shadow ? { shadow } : {}),
            };
          });
        return limits.length === 0 ? [] : [{ subject, limits }];
      }),
    })),
  );
}
