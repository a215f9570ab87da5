import { randomUUID } from 'node:crypto';
import type { Limit, LimitOutcome, SubjectLimits } from '@gatehouse/limit-domain/limit';
import { MemoryCounters } from '@gatehouse/limit-domain/memory-counters';
import { histories, referenceModel } from '@gatehouse/limit-domain/reference-model.conformance';
import { testClock } from '@gatehouse/testing/clock';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { OpenStores } from './limit-store.conformance.js';
import type { LimitStore } from './limit-store.js';

const START_MS = Date.UTC(2026, 0, 15, 12, 0, 0, 250);
const SUBJECTS = ['key:a', 'org:a'] as const;
const ALGORITHMS: readonly Pick<Limit, 'algorithm'>[] = [
  {},
  { algorithm: 'sliding-window' },
  { algorithm: 'token-bucket' },
];

/** What every store promises of every algorithm, against the plainest model of them. */
export function limitAlgorithmsConformance(title: string, open: OpenStores): void {
  describe(title, () => {
    const held = testClock(START_MS);
    // Clocks count whole milliseconds; sums of fractions of a second are not quite whole.
    const clock = { ...held, nowMs: () => Math.round(held.nowMs()) };
    let one: LimitStore;
    let two: LimitStore;
    beforeAll(async () => {
      [one, two] = await open(clock.nowMs);
    });
    afterAll(async () => {
      await one.close();
      await two.close();
    });

    const take = async (subjects: readonly SubjectLimits[], cost = 1, store = one): Promise<LimitOutcome> => {
      const [outcome] = await store.takeAll([{ cost, subjects }]);
      if (outcome === undefined) throw new Error('the store left a query unanswered');
      return outcome;
    };
    /** Subjects of one run of a property, which no other run has met. */
    const renamed = (subjects: readonly SubjectLimits[], run: string) =>
      subjects.map(({ subject, limits }) => ({ subject: `${subject}-${run}`, limits }));

    it('decides as the reference model does, over any history of all algorithms, in shadow and not', async () => {
      await fc.assert(
        fc.asyncProperty(histories(SUBJECTS), async (history) => {
          const run = randomUUID();
          const model = referenceModel();
          for (const [index, { subjects, cost, waitMs }] of history.entries()) {
            clock.advanceSeconds(waitMs / 1_000);
            const expected = model.take(subjects, cost, clock.nowMs());
            const outcome = await take(renamed(subjects, run), cost, index % 2 === 0 ? one : two);
            expect(outcome.kind === 'allowed').toBe(expected.allowed);
            expect(outcome.windows.map(({ remaining }) => remaining)).toEqual(expected.remaining);
            const refusals = outcome.kind === 'allowed' ? (outcome.shadowRefusals ?? []) : [];
            expect(refusals).toHaveLength(expected.shadows.filter((would) => would).length);
          }
        }),
        { numRuns: 60 },
      );
    }, 180_000);

    it('answers as counters in memory do, word for word', async () => {
      await fc.assert(
        fc.asyncProperty(histories(SUBJECTS), async (history) => {
          const run = randomUUID();
          const memory = new MemoryCounters();
          for (const { subjects, cost, waitMs } of history) {
            clock.advanceSeconds(waitMs / 1_000);
            const asked = renamed(subjects, run);
            expect(await take(asked, cost)).toEqual(memory.take(asked, cost, clock.nowMs()));
          }
        }),
        { numRuns: 60 },
      );
    }, 180_000);

    it('does so also while the clock is set back now and then [F-27]', async () => {
      await fc.assert(
        fc.asyncProperty(histories(SUBJECTS), async (history) => {
          const run = randomUUID();
          const memory = new MemoryCounters();
          for (const [index, { subjects, cost, waitMs }] of history.entries()) {
            clock.advanceSeconds((index % 3 === 2 ? -Math.min(waitMs, 400) : waitMs) / 1_000);
            // Nothing is refused: in memory also a refusal moves the time to which a counter was advanced.
            const asked = renamed(subjects, run).map(({ subject, limits }) => ({
              subject,
              limits: limits.map(({ burst: _, quota, ...limit }) => ({ ...limit, quota: quota + 500 })),
            }));
            expect(await take(asked, cost)).toEqual(memory.take(asked, cost, clock.nowMs()));
          }
        }),
        { numRuns: 60 },
      );
    }, 180_000);

    it('never admits more than the quota while a limit changes between fixed and sliding window [H-123]', async () => {
      const steps = fc.array(
        fc.record({
          isSliding: fc.boolean(),
          quota: fc.integer({ min: 1, max: 6 }),
          cost: fc.integer({ min: 1, max: 3 }),
          waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 0, max: 8_000 })),
        }),
        { maxLength: 60 },
      );
      await fc.assert(
        fc.asyncProperty(steps, async (history) => {
          const subject = `key:${randomUUID()}`;
          const through: { atMs: number; cost: number; isSliding: boolean }[] = [];
          for (const { isSliding, quota, cost, waitMs } of history) {
            clock.advanceSeconds(waitMs / 1_000);
            const limit: Limit = { windowSeconds: 7, quota, ...(isSliding ? { algorithm: 'sliding-window' } : {}) };
            if ((await take([{ subject, limits: [limit] }], cost)).kind === 'refused') continue;
            const nowMs = clock.nowMs();
            through.push({ atMs: nowMs, cost, isSliding });
            const sum = (charges: typeof through) => charges.reduce((all, charge) => all + charge.cost, 0);
            const sliding = through.filter(({ atMs }) => atMs > nowMs - 7_000);
            const ofWindow = sliding.filter(({ atMs }) => atMs >= nowMs - (nowMs % 7_000));
            expect(sum(ofWindow)).toBeLessThanOrEqual(quota);
            if (isSliding) expect(sum(sliding.filter((one) => one.isSliding))).toBeLessThanOrEqual(quota);
          }
        }),
        { numRuns: 60 },
      );
    }, 180_000);

    it('keeps its word: 500 random Retry-After, each good after exactly that long, and not a second earlier [H-127]', async () => {
      let seed = 7;
      const random = (most: number) => {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        return 1 + (seed % most);
      };
      let honoured = 0;
      while (honoured < 500) {
        const limits = [1, 60, 3_600].map((windowSeconds) => ({
          windowSeconds,
          quota: random(windowSeconds + 4) + 2,
          ...(ALGORITHMS[random(3) - 1] ?? {}),
        }));
        const subjects = [{ subject: `key:${randomUUID()}`, limits }];
        for (let tries = 0; tries < 40; tries++) {
          const cost = random(3);
          const outcome = await take(subjects, cost);
          clock.advanceSeconds(random(400) / 1_000);
          if (outcome.kind === 'allowed') continue;
          const again = await take(subjects, cost);
          if (again.kind === 'allowed') continue;
          clock.advanceSeconds(again.retryAfterSeconds - 1);
          expect(await take(subjects, cost)).toMatchObject({ kind: 'refused', retryAfterSeconds: 1 });
          clock.advanceSeconds(1);
          expect((await take(subjects, cost)).kind).toBe('allowed');
          honoured++;
        }
      }
    }, 180_000);

    it.each(ALGORITHMS)(
      'admits exactly the quota to 64 clients at once, over two replicas: %j [H-117]',
      async (way) => {
        const subjects = [
          { subject: `key:${randomUUID()}`, limits: [{ windowSeconds: 60, quota: 100, ...way }] },
          { subject: `org:${randomUUID()}`, limits: [{ windowSeconds: 3_600, quota: 1_000, ...way }] },
        ];
        let allowed = 0;
        const client = async (store: LimitStore) => {
          for (let request = 0; request < 10; request++) {
            if ((await take(subjects, 1, store)).kind === 'allowed') allowed++;
          }
        };
        await Promise.all(Array.from({ length: 64 }, (_, index) => client(index % 2 === 0 ? one : two)));
        expect(allowed).toBe(100);
      },
    );

    it('counts every charge of a batch that names one subject again and again, for each algorithm', async () => {
      for (const way of ALGORITHMS) {
        const subjects = [{ subject: `key:${randomUUID()}`, limits: [{ windowSeconds: 60, quota: 400, ...way }] }];
        const query = { cost: 1, subjects };
        const outcomes = await one.takeAll(Array.from({ length: 500 }, () => query));
        expect(outcomes.filter(({ kind }) => kind === 'allowed')).toHaveLength(400);
      }
    });

    it('is exact for more charges than a sliding window remembers one by one [INV-10]', async () => {
      const limits = [{ windowSeconds: 7, quota: 400, algorithm: 'sliding-window' as const }];
      const subjects = [{ subject: `key:${randomUUID()}`, limits }];
      const memory = new MemoryCounters();
      for (let index = 0; index < 1_200; index++) {
        clock.advanceSeconds(0.013);
        expect(await take(subjects)).toEqual(memory.take(subjects, 1, clock.nowMs()));
      }
    }, 180_000);
  });
}
