import { digestKey } from '@gatehouse/key-domain/key-digest';
import { AnnouncedChanges } from '@gatehouse/lease/announced-changes';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type FoundKeys, KnownKeys } from './known-keys.js';

const keyOf = (keyId: string, revision = 1, organizationId = 'org_1') => ({
  keyId,
  organizationId,
  revision,
  text: keyId,
});
const found = (entries: Record<string, string>): FoundKeys =>
  named(Object.entries(entries).map(([name, keyId]) => [name, keyOf(keyId)]));
const named = (keys: readonly (readonly [string, ReturnType<typeof keyOf>])[]): FoundKeys =>
  new Map(keys.map(([name, key]) => [digestKey(name).toString('latin1'), key]));

/** The id of the key that is remembered under this name. */
const read = (known: KnownKeys, name: string) => {
  const reply = known.replyTo(digestKey(name), 0);
  return typeof reply === 'object' ? reply.text : reply;
};
const loadOf = (known: KnownKeys, name: string) => known.loadOf(digestKey(name).toString('latin1'));

/** A load whose answer the test gives when it likes. */
function load(known: KnownKeys, names: string[], mayRemember = () => true) {
  const digests = names.map((name) => digestKey(name).toString('latin1'));
  let answer: (keys: FoundKeys) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const begun = known.load(
    digests,
    mayRemember,
    () =>
      new Promise((resolve, reject) => {
        answer = resolve;
        fail = reject;
      }),
  );
  return { begun, answer: (keys: FoundKeys) => answer(keys), fail: () => fail(new Error('no database')) };
}

describe('KnownKeys', () => {
  it('remembers what was loaded, and shares a load that is on its way', async () => {
    const known = new KnownKeys(10, new AnnouncedChanges(() => 0));
    const { begun, answer } = load(known, ['d1', 'd2']);
    expect(loadOf(known, 'd1')).toBe(begun);
    answer(found({ d1: 'key_1' }));
    await begun.found;
    expect(read(known, 'd1')).toBe('key_1');
    expect(read(known, 'd2')).toBeUndefined();
    expect(loadOf(known, 'd1')).toBeUndefined();
    expect(known.loadsUnderWay).toBe(0);
  });

  it('does not remember a key that was forgotten while it was loaded, but the others', async () => {
    const known = new KnownKeys(10, new AnnouncedChanges(() => 0));
    const { begun, answer } = load(known, ['d1', 'd2']);
    known.evict('key_1');
    expect(loadOf(known, 'd1')).toBeUndefined();
    answer(found({ d1: 'key_1', d2: 'key_2' }));
    expect((await begun.found)?.get(digestKey('d1').toString('latin1'))?.keyId).toBe('key_1');
    expect(read(known, 'd1')).toBeUndefined();
    expect(read(known, 'd2')).toBe('key_2');
  });

  it('neither remembers a key while a change of it is announced nor shares a load, and does both again afterwards', async () => {
    const known = new KnownKeys(10, new AnnouncedChanges(() => 0));
    const before = load(known, ['d1']);
    known.hear({ kind: 'announced', changeId: 'c1', ids: ['key_1'] });
    expect(loadOf(known, 'd1')).toBeUndefined();
    before.answer(found({ d1: 'key_1' }));
    await before.begun.found;
    const meanwhile = load(known, ['d1', 'd2']);
    expect(loadOf(known, 'd1')).toBeUndefined();
    meanwhile.answer(found({ d1: 'key_1', d2: 'key_2' }));
    await meanwhile.begun.found;
    expect([read(known, 'd1'), read(known, 'd2')]).toEqual([undefined, 'key_2']);
    const late = load(known, ['d1']);
    known.hear({ kind: 'made', changeId: 'c1', ids: ['key_1'] });
    late.answer(found({ d1: 'key_1' }));
    await late.begun.found;
    expect(read(known, 'd1')).toBeUndefined();
    const after = load(known, ['d1']);
    expect(loadOf(known, 'd1')).toBe(after.begun);
    after.answer(found({ d1: 'key_1' }));
    await after.begun.found;
    expect(read(known, 'd1')).toBe('key_1');
  });

  it('remembers nothing of a load that began before everything was forgotten', async () => {
    const known = new KnownKeys(10, new AnnouncedChanges(() => 0));
    const { begun, answer } = load(known, ['d1']);
    known.clear();
    expect(loadOf(known, 'd1')).toBeUndefined();
    answer(found({ d1: 'key_1' }));
    await begun.found;
    expect(read(known, 'd1')).toBeUndefined();
  });

  it('remembers and shares nothing without a lease, at the beginning or at the end', async () => {
    const known = new KnownKeys(10, new AnnouncedChanges(() => 0));
    const without = load(known, ['d1'], () => false);
    expect(loadOf(known, 'd1')).toBeUndefined();
    let leased = true;
    const lost = load(known, ['d2'], () => leased);
    leased = false;
    without.answer(found({ d1: 'key_1' }));
    lost.answer(found({ d2: 'key_2' }));
    await Promise.all([without.begun.found, lost.begun.found]);
    expect(known.size).toBe(0);
  });

  it('does not let an older load take the place of a newer one', async () => {
    const known = new KnownKeys(10, new AnnouncedChanges(() => 0));
    const old = load(known, ['d1']);
    known.evict('key_1');
    const fresh = load(known, ['d1']);
    fresh.answer(named([['d1', keyOf('key_1', 2)]]));
    await fresh.begun.found;
    old.answer(found({ d1: 'key_1' }));
    await old.begun.found;
    expect(known.replyTo(digestKey('d1'), 2)).toBe('unchanged');
  });

  it('says that a load failed, and lets the next one try', async () => {
    const known = new KnownKeys(10, new AnnouncedChanges(() => 0));
    const { begun, fail } = load(known, ['d1']);
    fail();
    expect(await begun.found).toBeUndefined();
    expect(loadOf(known, 'd1')).toBeUndefined();
    expect(known.loadsUnderWay).toBe(0);
  });

  it('is bounded, and forgets by key id whatever it remembers of that key', async () => {
    const known = new KnownKeys(3, new AnnouncedChanges(() => 0));
    const many = load(known, []);
    many.answer(named(Array.from({ length: 5 }, (_, index) => [`d${index}`, keyOf(`key_${index}`)] as const)));
    await many.begun.found;
    expect(known.size).toBe(3);
    const second = load(known, []);
    second.answer(found({ other: 'key_4' }));
    await second.begun.found;
    known.evict('key_4');
    known.evict('key_0');
    expect([read(known, 'other'), read(known, 'd4')]).toEqual([undefined, undefined]);
  });

  it('forgets both secrets of a key that is being rotated, also where one fell out by itself before', async () => {
    const known = new KnownKeys(2, new AnnouncedChanges(() => 0));
    const both = load(known, []);
    both.answer(found({ old: 'key_1', new: 'key_1' }));
    await both.begun.found;
    const another = load(known, []);
    another.answer(found({ d2: 'key_2' }));
    await another.begun.found;
    expect(read(known, 'old')).toBeUndefined();
    known.evict('key_1');
    expect(read(known, 'new')).toBeUndefined();
    expect(read(known, 'd2')).toBe('key_2');
  });

  it('forgets every key of an organization that has changed, also one that is being loaded, and no others', async () => {
    const known = new KnownKeys(10, new AnnouncedChanges(() => 0));
    const first = load(known, []);
    first.answer(
      named([
        ['d1', keyOf('key_1')],
        ['d2', keyOf('key_2', 1, 'org_2')],
      ]),
    );
    await first.begun.found;
    const underWay = load(known, ['d3']);
    known.evict('org_1');
    underWay.answer(found({ d3: 'key_3' }));
    await underWay.begun.found;
    expect(['d1', 'd2', 'd3'].map((digest) => read(known, digest))).toEqual([undefined, 'key_2', undefined]);
  });

  it('never tells of a key what was true before its last change, however loads, changes and questions come', async () => {
    const KEYS = 6;
    const key = fc.nat({ max: KEYS - 1 });
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('load' as const), keys: fc.uniqueArray(key, { minLength: 1 }) }),
      },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer' as const), which: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('changeKey' as const), key }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('changeOrganization' as const), key }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('forgetAll' as const) }) },
    );
    const organizationOf = (name: number) => `org_${name % 2}`;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(2, 100), fc.array(step, { maxLength: 60 }), async (entriesMax, steps) => {
        const known = new KnownKeys(entriesMax, new AnnouncedChanges(() => 0));
        const truth = Array.from({ length: KEYS }, () => 1);
        const waiting: { load: ReturnType<typeof load>; keys: readonly number[]; revisions: readonly number[] }[] = [];
        for (const taken of steps) {
          if (taken.kind === 'load') {
            const began = load(
              known,
              taken.keys.map((name) => `d${name}`),
            );
            waiting.push({ load: began, keys: taken.keys, revisions: [...truth] });
          } else if (taken.kind === 'answer') {
            const [answered] = waiting.splice(taken.which % Math.max(1, waiting.length), 1);
            if (answered === undefined) continue;
            const { keys, revisions } = answered;
            const rows = keys.map(
              (name) => [`d${name}`, keyOf(`key_${name}`, revisions[name], organizationOf(name))] as const,
            );
            answered.load.answer(named(rows));
            await answered.load.begun.found;
          } else if (taken.kind === 'changeKey') {
            truth[taken.key] = (truth[taken.key] as number) + 1;
            known.evict(`key_${taken.key}`);
          } else if (taken.kind === 'changeOrganization') {
            for (let name = taken.key % 2; name < KEYS; name += 2) truth[name] = (truth[name] as number) + 1;
            known.evict(organizationOf(taken.key));
          } else {
            truth.forEach((revision, name) => {
              truth[name] = revision + 1;
            });
            known.clear();
          }
          for (let name = 0; name < KEYS; name++) {
            // Told of the revision that holds, `unchanged`; of any other one, the facts of one that does not.
            const reply = known.replyTo(digestKey(`d${name}`), truth[name] as number);
            expect([undefined, 'unchanged']).toContain(reply);
            const joined = waiting.find(({ load: { begun } }) => begun === loadOf(known, `d${name}`));
            if (joined !== undefined) expect(joined.revisions[name]).toBe(truth[name]);
          }
          expect(known.size).toBeLessThanOrEqual(entriesMax);
        }
      }),
      { numRuns: 150 },
    );
  });
});
