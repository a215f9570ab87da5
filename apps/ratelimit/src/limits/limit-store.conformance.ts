import { randomUUID } from 'node:crypto';
import type { LimitOutcome, SubjectLimits } from '@gatehouse/limit-domain/limit';
import { testClock } from '@gatehouse/testing/clock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LimitStore } from './limit-store.js';

const START_MS = Date.UTC(2026, 0, 15, 12, 0, 0);

/** Opens the store twice, as two replicas would; a store that cannot be shared is given twice. */
export type OpenStores = (nowMs: () => number) => Promise<readonly [LimitStore, LimitStore]>;

/** The contract of a limit store, run by every implementation. */
export function limitStoreConformance(title: string, open: OpenStores): void {
  describe(title, () => {
    const clock = testClock(START_MS);
    let one: LimitStore;
    let two: LimitStore;
    let key: string;
    let org: string;
    beforeAll(async () => {
      [one, two] = await open(clock.nowMs);
    });
    beforeEach(() => {
      key = `key:${randomUUID()}`;
      org = `org:${randomUUID()}`;
      // Every test begins at the start of a day, of a minute and of a second.
      const intoTheDaySeconds = (clock.nowMs() / 1_000) % 86_400;
      clock.advanceSeconds(86_400 - intoTheDaySeconds);
    });
    afterAll(async () => {
      await one.close();
      await two.close();
    });

    const per = (windowSeconds: number, quota: number) => ({ windowSeconds, quota });
    const take = async (subjects: readonly SubjectLimits[], cost = 1, store = one): Promise<LimitOutcome> => {
      const [outcome] = await store.takeAll([{ cost, subjects }]);
      if (outcome === undefined) throw new Error('the store left a query unanswered');
      return outcome;
    };
    const left = (outcome: LimitOutcome) => outcome.windows.map((window) => window.remaining);

    it('admits exactly the quota to 64 clients at once, over two replicas [H-117]', async () => {
      const subjects = [{ subject: key, limits: [per(60, 100), per(86_400, 1_000)] }];
      let allowed = 0;
      const client = async (store: LimitStore) => {
        for (let request = 0; request < 10; request++) {
          if ((await take(subjects, 1, store)).kind === 'allowed') allowed++;
        }
      };
      await Promise.all(Array.from({ length: 64 }, (_, index) => client(index % 2 === 0 ? one : two)));
      expect(allowed).toBe(100);
    });

    it('admits exactly the quota to batches that race', async () => {
      const query = { cost: 1, subjects: [{ subject: key, limits: [per(60, 100)] }] };
      const batch = Array.from({ length: 16 }, () => query);
      const stores = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : two));
      const outcomes = (await Promise.all(stores.map((store) => store.takeAll(batch)))).flat();
      expect(outcomes.filter((outcome) => outcome.kind === 'allowed')).toHaveLength(100);
      expect(outcomes).toHaveLength(320);
    });

    it('charges all windows of all subjects together, or none', async () => {
      const subjects = [
        { subject: key, limits: [per(1, 5), per(60, 50)] },
        { subject: org, limits: [per(60, 2), per(86_400, 500)] },
      ];
      expect(left(await take(subjects))).toEqual([4, 49, 1, 499]);
      expect(left(await take(subjects))).toEqual([3, 48, 0, 498]);
      const refused = await take(subjects);
      expect(refused).toMatchObject({ kind: 'refused', retryAfterSeconds: 60 });
      expect(left(refused)).toEqual([3, 48, 0, 498]);
    });

    it('takes nothing for a refusal, however often it is repeated [H-117]', async () => {
      const full = { subject: key, limits: [per(60, 1)] };
      const other = { subject: org, limits: [per(60, 10)] };
      await take([full]);
      for (let index = 0; index < 20; index++) expect((await take([other, full])).kind).toBe('refused');
      expect(left(await take([other]))).toEqual([9]);
    });

    it('lists the windows in the order of the query, each with its reset', async () => {
      const startSeconds = clock.nowMs() / 1_000;
      const limits = [per(86_400, 3), per(1, 3), per(60, 3)];
      expect((await take([{ subject: key, limits }])).windows).toEqual([
        { subject: key, windowSeconds: 86_400, quota: 3, remaining: 2, resetAtSeconds: startSeconds + 86_400 },
        { subject: key, windowSeconds: 1, quota: 3, remaining: 2, resetAtSeconds: startSeconds + 1 },
        { subject: key, windowSeconds: 60, quota: 3, remaining: 2, resetAtSeconds: startSeconds + 60 },
      ]);
    });

    it('lets a lone caller through after exactly Retry-After seconds, and not one second earlier [H-127]', async () => {
      const subjects = [{ subject: key, limits: [per(1, 2), per(60, 2), per(86_400, 100)] }];
      clock.advanceSeconds(17.25);
      await take(subjects, 2);
      const refused = await take(subjects, 2);
      if (refused.kind === 'allowed') throw new Error('the minute is full');
      expect(refused.retryAfterSeconds).toBe(43);
      clock.advanceSeconds(refused.retryAfterSeconds - 1);
      expect(await take(subjects, 2)).toMatchObject({ kind: 'refused', retryAfterSeconds: 1 });
      clock.advanceSeconds(1);
      expect((await take(subjects, 2)).kind).toBe('allowed');
    });

    it('starts anew at the edge of the window, not a millisecond earlier', async () => {
      const subjects = [{ subject: key, limits: [per(60, 1)] }];
      await take(subjects);
      clock.advanceSeconds(59.999);
      expect(await take(subjects)).toMatchObject({ kind: 'refused', retryAfterSeconds: 1 });
      clock.advanceSeconds(0.001);
      expect(left(await take(subjects))).toEqual([0]);
    });

    it('refuses a cost above the quota, and zero quotas, without a charge', async () => {
      expect((await take([{ subject: key, limits: [per(60, 5)] }], 6)).kind).toBe('refused');
      expect((await take([{ subject: key, limits: [per(60, 5), per(1, 0)] }])).kind).toBe('refused');
      expect(left(await take([{ subject: key, limits: [per(60, 5)] }], 5))).toEqual([0]);
    });

    it('charges a batch that names a subject twice in its order', async () => {
      const query = (cost: number) => ({ cost, subjects: [{ subject: key, limits: [per(60, 5)] }] });
      const outcomes = await one.takeAll([query(3), query(4), query(2), query(1)]);
      expect(outcomes.map((outcome) => outcome.kind)).toEqual(['allowed', 'refused', 'allowed', 'refused']);
      expect(outcomes.map(left)).toEqual([[2], [2], [0], [0]]);
    });

    it('charges a counter that a query names twice once, under the stricter quota', async () => {
      const subjects = [{ subject: key, limits: [per(60, 5), per(60, 2)] }];
      expect(left(await take(subjects))).toEqual([4, 1]);
      expect(left(await take(subjects))).toEqual([3, 0]);
      expect((await take(subjects)).kind).toBe('refused');
    });

    it('keeps what was used when the quota changes, up or down [H-123]', async () => {
      const under = (quota: number) => take([{ subject: key, limits: [per(60, quota)] }]);
      for (let index = 0; index < 5; index++) await under(5);
      expect((await under(3)).kind).toBe('refused');
      expect(left(await under(6))).toEqual([0]);
    });

    it('keeps the counter of a long window while only short ones are asked for', async () => {
      await take([{ subject: key, limits: [per(86_400, 1)] }]);
      await take([{ subject: key, limits: [per(1, 5)] }]);
      expect((await take([{ subject: key, limits: [per(86_400, 1)] }])).kind).toBe('refused');
    });

    it('gives no quota twice to a clock that is set back a little', async () => {
      const subjects = [{ subject: key, limits: [per(60, 1)] }];
      await take(subjects);
      clock.advanceSeconds(-0.5);
      expect((await take(subjects)).kind).toBe('refused');
    });

    it('takes names of subjects as names, whatever they hold [H-136]', async () => {
      const names = [`${key}'); redis.call('FLUSHALL') --`, `${key} 60`, `${key}60s`, `${key}*`, `${key}\u00e9\u0000`];
      for (const subject of names) {
        expect(left(await take([{ subject, limits: [per(60, 2)] }]))).toEqual([1]);
      }
      for (const subject of names) expect(left(await take([{ subject, limits: [per(60, 2)] }]))).toEqual([0]);
    });

    it('answers an empty batch, and a query without limits', async () => {
      expect(await one.takeAll([])).toEqual([]);
      expect(await take([])).toEqual({ kind: 'allowed', windows: [] });
    });
  });
}
