import { describe, expect, it } from '@jest/globals';
import { type FoundKeys, KnownKeys } from './known-keys.js';

const keyOf = (keyId: string, revision = 1) => ({ keyId, revision, bytes: Buffer.from(keyId) });
const found = (entries: Record<string, string>): FoundKeys =>
  new Map(Object.entries(entries).map(([digest, keyId]) => [digest, keyOf(keyId)]));

/** A load whose answer the test gives when it likes. */
function load(known: KnownKeys, digests: string[], mayRemember = () => true) {
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
    const known = new KnownKeys(10);
    const { begun, answer } = load(known, ['d1', 'd2']);
    expect(known.loadOf('d1')).toBe(begun);
    answer(found({ d1: 'key_1' }));
    await begun.found;
    expect(known.read('d1')?.keyId).toBe('key_1');
    expect(known.read('d2')).toBeUndefined();
    expect(known.loadOf('d1')).toBeUndefined();
    expect(known.loadsUnderWay).toBe(0);
  });

  it('does not remember a key that was forgotten while it was loaded, but the others', async () => {
    const known = new KnownKeys(10);
    const { begun, answer } = load(known, ['d1', 'd2']);
    known.evict('key_1');
    expect(known.loadOf('d1')).toBeUndefined();
    answer(found({ d1: 'key_1', d2: 'key_2' }));
    expect((await begun.found)?.get('d1')?.keyId).toBe('key_1');
    expect(known.read('d1')).toBeUndefined();
    expect(known.read('d2')?.keyId).toBe('key_2');
  });

  it('remembers nothing of a load that began before everything was forgotten', async () => {
    const known = new KnownKeys(10);
    const { begun, answer } = load(known, ['d1']);
    known.clear();
    expect(known.loadOf('d1')).toBeUndefined();
    answer(found({ d1: 'key_1' }));
    await begun.found;
    expect(known.read('d1')).toBeUndefined();
  });

  it('remembers and shares nothing without a lease, at the beginning or at the end', async () => {
    const known = new KnownKeys(10);
    const without = load(known, ['d1'], () => false);
    expect(known.loadOf('d1')).toBeUndefined();
    let leased = true;
    const lost = load(known, ['d2'], () => leased);
    leased = false;
    without.answer(found({ d1: 'key_1' }));
    lost.answer(found({ d2: 'key_2' }));
    await Promise.all([without.begun.found, lost.begun.found]);
    expect(known.size).toBe(0);
  });

  it('does not let an older load take the place of a newer one', async () => {
    const known = new KnownKeys(10);
    const old = load(known, ['d1']);
    known.evict('key_1');
    const fresh = load(known, ['d1']);
    fresh.answer(new Map([['d1', keyOf('key_1', 2)]]));
    await fresh.begun.found;
    old.answer(found({ d1: 'key_1' }));
    await old.begun.found;
    expect(known.read('d1')?.revision).toBe(2);
  });

  it('says that a load failed, and lets the next one try', async () => {
    const known = new KnownKeys(10);
    const { begun, fail } = load(known, ['d1']);
    fail();
    expect(await begun.found).toBeUndefined();
    expect(known.loadOf('d1')).toBeUndefined();
    expect(known.loadsUnderWay).toBe(0);
  });

  it('is bounded, and forgets by key id whatever it remembers of that key', async () => {
    const known = new KnownKeys(3);
    const many = load(known, []);
    many.answer(new Map(Array.from({ length: 5 }, (_, index) => [`d${index}`, keyOf(`key_${index}`)])));
    await many.begun.found;
    expect(known.size).toBe(3);
    const second = load(known, []);
    second.answer(found({ other: 'key_4' }));
    await second.begun.found;
    expect(known.read('d4')).toBeUndefined();
    known.evict('key_4');
    known.evict('key_0');
    expect(known.read('other')).toBeUndefined();
  });
});
