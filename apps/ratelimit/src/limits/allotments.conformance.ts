import { randomUUID } from 'node:crypto';
import { KNOWN_FOR_MS } from '@gatehouse/limit-domain/issued-allotments';
import type { Limit, SubjectLimits } from '@gatehouse/limit-domain/limit';
import { testClock } from '@gatehouse/testing/clock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { OpenStores } from './limit-store.conformance.js';
import type { LimitStore } from './limit-store.js';

const DAY_SECONDS = 86_400;
const newId = () => randomUUID().replaceAll('-', '');
const per = (windowSeconds: number, quota: number): Limit => ({ windowSeconds, quota });

/** What every store promises of units that are charged ahead and given back. */
export function allotmentsConformance(title: string, open: OpenStores): void {
  describe(title, () => {
    const clock = testClock(DAY_SECONDS * 1_000 * 20_000);
    let one: LimitStore;
    let two: LimitStore;
    let subjects: readonly SubjectLimits[];
    beforeAll(async () => {
      [one, two] = await open(clock.nowMs);
    });
    beforeEach(() => {
      // Every test begins at the start of a day.
      clock.advanceSeconds(DAY_SECONDS - ((clock.nowMs() / 1_000) % DAY_SECONDS));
      subjects = [
        { subject: `key:${randomUUID()}`, limits: [per(1, 100), per(60, 200)] },
        { subject: `org:${randomUUID()}`, limits: [per(DAY_SECONDS, 1_000)] },
      ];
    });
    afterAll(async () => {
      await one.close();
      await two.close();
    });

    const allot = async (units: number, id = newId(), store = one, asked = subjects) => {
      const [outcome] = await store.allotAll([{ id, units, subjects: asked }]);
      if (outcome === undefined) throw new Error('the store left a query unanswered');
      return outcome;
    };
    const giveBack = (id: string, units: number, store = one) => store.giveBackAll([{ id, units, subjects }]);
    const left = async (store = one, asked = subjects) => {
      const [outcome] = await store.takeAll([{ cost: 0, subjects: asked }]);
      return outcome?.windows.map(({ remaining }) => remaining);
    };

    it('charges every window of every subject at once, and says how they stand and when the first of them ends', async () => {
      clock.advanceSeconds(0.25);
      const outcome = await allot(30);
      expect(outcome).toMatchObject({ kind: 'allotted', endsInMs: 750 });
      expect(outcome.kind === 'allotted' && outcome.windows.map(({ remaining }) => remaining)).toEqual([70, 170, 970]);
      expect(await left(two)).toEqual([70, 170, 970]);
    });

    it('allots all that is asked for or nothing, and nothing costs nothing', async () => {
      expect(await allot(101)).toEqual({ kind: 'none' });
      expect(await left()).toEqual([100, 200, 1_000]);
      expect((await allot(100)).kind).toBe('allotted');
      expect(await allot(1)).toEqual({ kind: 'none' });
      expect(await left()).toEqual([0, 100, 900]);
    });

    it('takes back what was not used, at either replica', async () => {
      const id = newId();
      await allot(30, id);
      await giveBack(id, 12, two);
      expect(await left()).toEqual([82, 182, 982]);
    });

    it('takes back once, however often it is told, and never more than was allotted', async () => {
      const [first, other] = [newId(), newId()];
      await allot(30, first);
      await allot(30, other);
      await giveBack(first, 4_000);
      expect(await left()).toEqual([70, 170, 970]);
      await Promise.all(Array.from({ length: 10 }, (_, index) => giveBack(other, 7, index % 2 === 0 ? one : two)));
      await one.giveBackAll([
        { id: other, units: 7, subjects },
        { id: other, units: 7, subjects },
      ]);
      expect(await left()).toEqual([77, 177, 977]);
    });

    it('takes nothing back of what it has not allotted', async () => {
      await one.takeAll([{ cost: 40, subjects }]);
      await giveBack(newId(), 30);
      const id = newId();
      await allot(61, id);
      await giveBack(id, 61);
      expect(await left()).toEqual([60, 160, 960]);
    });

    it('takes back in the windows that were charged, and in no later one', async () => {
      const id = newId();
      await allot(30, id);
      clock.advanceSeconds(1);
      await one.takeAll([{ cost: 20, subjects }]);
      await giveBack(id, 30);
      expect(await left()).toEqual([80, 180, 980]);
    });

    it('takes nothing back in a window that has begun anew and was not touched since', async () => {
      const id = newId();
      clock.advanceSeconds(59.5);
      await allot(30, id);
      clock.advanceSeconds(1);
      await giveBack(id, 30);
      expect(await left()).toEqual([100, 200, 1_000]);
    });

    it('takes nothing back when it is told far too late', async () => {
      const id = newId();
      await allot(30, id);
      clock.advanceSeconds(KNOWN_FOR_MS / 1_000);
      // In Redis it is the server that forgets, by a clock that no test holds.
      if (one.kind === 'redis') return;
      await giveBack(id, 30);
      expect(await left()).toEqual([100, 170, 970]);
    });

    it('takes back once in a counter that is named twice, and only of the subjects that were charged', async () => {
      const subject = `key:${randomUUID()}`;
      const twice = [{ subject, limits: [per(60, 100), per(60, 80)] }];
      const id = newId();
      await allot(30, id, one, twice);
      await one.giveBackAll([{ id, units: 10, subjects: twice }]);
      expect(await left(one, twice)).toEqual([80, 60]);
    });

    it('counts the other ways of counting a window too, so that no plan lets through twice', async () => {
      const [{ subject }] = subjects as [SubjectLimits];
      const logged = [{ subject, limits: [{ ...per(60, 200), algorithm: 'sliding-window' as const }] }];
      await one.takeAll([{ cost: 1, subjects: logged }]);
      await allot(50);
      expect(await left(one, logged)).toEqual([149]);
    });

    it('allots exactly the quota to many that race, and gives to the next what came back', async () => {
      const ids = Array.from({ length: 64 }, newId);
      const outcomes = await Promise.all(ids.map((id, index) => allot(7, id, index % 2 === 0 ? one : two)));
      const got = ids.filter((_, index) => outcomes[index]?.kind === 'allotted');
      expect(got).toHaveLength(14);
      await Promise.all(got.map((id, index) => giveBack(id, 3, index % 2 === 0 ? two : one)));
      expect(await left()).toEqual([100 - 14 * 4, 200 - 14 * 4, 1_000 - 14 * 4]);
    });
  });
}
