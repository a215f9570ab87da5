import { aKey } from '@gatehouse/key-domain/a-key.conformance';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { AnnouncedChanges } from '@gatehouse/lease/announced-changes';
import { describe, expect, it } from '@jest/globals';
import type { HeardKey } from '../edge/keys.client.js';
import { leasedKeys } from './leased-keys.js';
import { RememberedKeys } from './remembered-keys.js';

const DIGEST = digestKey('secret');

/** A gateway under a lease that the test holds, before a service that says what the test wants. */
function open() {
  const state = {
    valid: true,
    appliedSeq: 5,
    asked: 0,
    answer: { lookup: aKey(), asOfSeq: 5 } as HeardKey,
    whileAsking: () => {},
  };
  const remembered = new RememberedKeys(100, new AnnouncedChanges(() => 0));
  const findKey = leasedKeys({
    lease: { isValid: () => state.valid },
    remembered,
    appliedSeq: () => state.appliedSeq,
    askKey: async () => {
      state.asked++;
      const { answer } = state;
      state.whileAsking();
      return answer;
    },
  });
  return { state, remembered, find: async () => findKey(DIGEST) };
}

/** How often the service is asked for four requests with one key. */
async function askedForFour({ state, find }: ReturnType<typeof open>): Promise<number> {
  for (let request = 0; request < 4; request++) await find();
  return state.asked;
}

describe('a gateway with a lease of its own', () => {
  it('answers from memory from the third request of a key on, with the facts that it heard', async () => {
    const gateway = open();
    expect(await askedForFour(gateway)).toBe(2);
    expect(await gateway.find()).toEqual(aKey());
  });

  it('[INV-01] asks for every request while the lease is not valid, and again from memory when it is', async () => {
    const gateway = open();
    await askedForFour(gateway);
    gateway.state.valid = false;
    gateway.state.answer = { lookup: 'unavailable', asOfSeq: 0 };
    expect(await gateway.find()).toBe('unavailable');
    gateway.state.valid = true;
    expect(await gateway.find()).toEqual(aKey());
  });

  it('asks anew for a key that has changed', async () => {
    const gateway = open();
    await askedForFour(gateway);
    gateway.remembered.evict(aKey().keyId);
    gateway.state.answer = { lookup: aKey({ state: 'revoked', revision: 2 }), asOfSeq: 6 };
    expect(await gateway.find()).toMatchObject({ state: 'revoked' });
  });

  it.each([
    ['a change is heard of while it is asked', (gateway: ReturnType<typeof open>) => gateway.remembered.evict('key_9')],
    ['all is forgotten meanwhile', (gateway: ReturnType<typeof open>) => gateway.remembered.clear()],
    [
      'the lease ends meanwhile',
      (gateway: ReturnType<typeof open>) => {
        gateway.state.valid = false;
      },
    ],
    [
      'a later change is applied meanwhile than the answer knows of',
      (gateway: ReturnType<typeof open>) => {
        gateway.state.appliedSeq = 6;
      },
    ],
  ])('does not remember what it hears where %s', async (_what, happens) => {
    const gateway = open();
    gateway.state.whileAsking = () => happens(gateway);
    await askedForFour(gateway);
    expect(gateway.state.asked).toBe(4);
    expect(gateway.remembered.size).toBe(0);
  });

  it('does not remember what a replica says that may be behind what was applied here', async () => {
    const gateway = open();
    gateway.state.answer = { lookup: aKey(), asOfSeq: 4 };
    expect(await askedForFour(gateway)).toBe(4);
    gateway.state.answer = { lookup: aKey(), asOfSeq: 5 };
    expect(await askedForFour(gateway)).toBe(5);
  });

  it.each([
    ['nobody has', 'unknown' as const],
    ['nobody could say', 'unavailable' as const],
    ['has a number of uses', aKey({ uses: 'left' })],
    ['has no uses left', aKey({ uses: 'exhausted' })],
  ])('asks for every request with a key that %s', async (_what, lookup) => {
    const gateway = open();
    gateway.state.answer = { lookup, asOfSeq: 5 };
    expect(await askedForFour(gateway)).toBe(4);
  });
});
