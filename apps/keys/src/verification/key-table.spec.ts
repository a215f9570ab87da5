import { digestKey } from '@gatehouse/key-domain/key-digest';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyTable } from './key-table.js';
import { SlotIndex } from './slot-index.js';

const RANDOM = Buffer.from('0123456789abcdef', 'hex');
const table = (entriesMax: number) => new KeyTable(entriesMax, RANDOM);
const NAMES = 40;
/** Every third has the same hash as all others of them: only the last bytes differ. */
const digestOf = (name: number) => {
  const digest = digestKey(`secret ${name}`);
  return name % 3 === 0 ? Buffer.concat([Buffer.alloc(31, 7), digest.subarray(31)]) : digest;
};
const keyOf = (name: number, revision = 1, length = 10) => ({
  keyId: `key_${Math.floor(name / 2)}`,
  organizationId: `org_${name % 3}`,
  revision,
  text: `${name} ${revision} `.padEnd(length, 'é'),
});

function read(keys: KeyTable, name: number) {
  const found = keys.find(digestOf(name));
  return found === undefined ? undefined : { revision: keys.revisionOf(found), text: keys.textOf(found) };
}

describe('KeyTable', () => {
  it('never gives anything but the last facts of this digest, and nothing that was forgotten since', () => {
    const name = fc.nat({ max: NAMES - 1 });
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          kind: fc.constant('set' as const),
          name,
          revision: fc.nat({ max: 0x7fff_ffff }),
          length: fc.nat({ max: 200 }),
        }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('forgetKey' as const), name }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('forgetOrganization' as const), name }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
    );
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 7, 39, 40, 2_000), fc.array(step, { maxLength: 150 }), (entriesMax, steps) => {
        const keys = table(entriesMax);
        const model = new Map<number, ReturnType<typeof keyOf>>();
        for (const taken of steps) {
          if (taken.kind === 'set') {
            const key = keyOf(taken.name, taken.revision, taken.length);
            keys.set(digestOf(taken.name), key);
            model.set(taken.name, key);
            expect(read(keys, taken.name)).toEqual({ revision: key.revision, text: key.text });
          } else if (taken.kind === 'clear') {
            keys.clear();
            model.clear();
          } else {
            const of = taken.kind === 'forgetKey' ? 'keyId' : 'organizationId';
            const id = keyOf(taken.name)[of];
            keys.forget(id);
            for (const [held, key] of model) if (key[of] === id) model.delete(held);
          }
          if (entriesMax >= NAMES) expect(keys.size).toBe(model.size);
          else expect(keys.size).toBeLessThanOrEqual(Math.min(entriesMax, model.size));
          let held = 0;
          const wrong: number[] = [];
          for (let each = 0; each < NAMES; each++) {
            const key = model.get(each);
            const found = read(keys, each);
            if (found !== undefined) held++;
            else if (entriesMax < NAMES) continue;
            if (found?.revision !== key?.revision || found?.text !== key?.text) wrong.push(each);
          }
          expect(wrong).toEqual([]);
          expect(held).toBe(keys.size);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('holds as many keys as it may, and no more', () => {
    const keys = table(5_000);
    for (let name = 0; name < 5_000; name++) keys.set(digestKey(`${name}`), keyOf(name));
    expect(keys.size).toBe(5_000);
    for (let name = 0; name < 5_000; name++) {
      expect(keys.textOf(keys.find(digestKey(`${name}`)) as number)).toBe(keyOf(name).text);
    }
    for (let name = 5_000; name < 6_000; name++) keys.set(digestKey(`${name}`), keyOf(name));
    expect(keys.size).toBe(5_000);
  });

  it('forgets keys that nobody reads before those that are read', () => {
    const keys = table(100);
    for (let name = 0; name < 1_000; name++) {
      keys.set(digestKey(`${name}`), keyOf(name));
      for (let often = 0; often < Math.min(10, name); often++) keys.find(digestKey(`${often}`));
    }
    for (let often = 0; often < 10; often++) {
      expect(keys.textOf(keys.find(digestKey(`${often}`)) as number)).toBe(keyOf(often).text);
    }
  });

  it('forgets all keys of a large organization, and those of another one, in time that goes with their number', () => {
    const keys = table(200_000);
    for (let name = 0; name < 200_000; name++) {
      keys.set(digestKey(`${name}`), { ...keyOf(name), keyId: `key_${name}`, organizationId: `org_${name % 2}` });
    }
    keys.forget('org_1');
    expect(keys.size).toBe(100_000);
    // One by one, from the oldest on: each is at the end of a chain of 100,000.
    for (let name = 0; name < 200_000; name += 2) keys.forget(`key_${name}`);
    expect(keys.size).toBe(0);
  });

  it('does not remember facts that are longer than any record may be, and forgets those that they are to replace', () => {
    const keys = table(10);
    keys.set(digestOf(1), keyOf(1));
    keys.set(digestOf(1), keyOf(1, 2, 2_000_000));
    expect(read(keys, 1)).toBeUndefined();
    expect(keys.size).toBe(0);
  });

  it('begins anew where most of its memory is of sizes that nobody needs, and holds what comes then', () => {
    const keys = table(100);
    for (let name = 0; name < 40; name++) keys.set(digestOf(name), keyOf(name, 1, 1_000_000));
    for (let name = 0; name < 38; name++) keys.forget(keyOf(name).keyId);
    expect(keys.size).toBe(2);
    for (const name of [1, 2]) keys.set(digestOf(name), keyOf(name, 2));
    expect(keys.size).toBe(2);
    expect([1, 2, 39].map((name) => read(keys, name)?.revision)).toEqual([2, 2, undefined]);
  });

  it('takes nothing for a digest that is none', () => {
    expect(() => table(10).set(Buffer.alloc(31), keyOf(1))).toThrow('32 bytes');
  });
});

describe('SlotIndex', () => {
  it('says so where a slot is taken out of a chain that it is not in', () => {
    const index = new SlotIndex(4);
    index.add(0, 0);
    index.add(1, 0);
    expect(() => index.remove(1, 0xffff_ffff)).toThrow('not in the chain');
  });
});
