import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SigningKeys } from './signing-keys.js';

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const first = newKey();
const second = newKey();

/** Keys that are published, and how often they were fetched. */
function world(published: Map<string, KeyObject> | 'down' = new Map([['first', first]])) {
  const state = { published, fetched: 0, nowMs: 5_000, failures: 0 };
  const keys = new SigningKeys({
    fetchKeys: async () => {
      state.fetched++;
      if (state.published === 'down') throw new Error('no answer');
      return state.published;
    },
    monotonicMs: () => state.nowMs,
    failed: () => state.failures++,
  });
  return { state, keys };
}

describe('the keys that reports are signed with', () => {
  it('are fetched when the first report comes, once for all who ask at that moment', async () => {
    const { state, keys } = world();
    const found = await Promise.all(Array.from({ length: 50 }, () => keys.find('first')));
    expect(found.every((one) => one.kind === 'found' && one.key === first)).toBe(true);
    expect(state.fetched).toBe(1);
  });

  it('are fetched once for an id that nobody knows, then it is unknown [GH-03]', async () => {
    const { state, keys } = world();
    expect(await keys.find('made-up')).toEqual({ kind: 'unknown' });
    expect(state.fetched).toBe(1);
  });

  it('are not fetched more than once a minute, however many ids are made up', async () => {
    const { state, keys } = world();
    for (let second = 0; second < 600; second++) {
      for (let attempt = 0; attempt < 10; attempt++) {
        expect((await keys.find(`made-up-${second}-${attempt}`)).kind).toBe('unknown');
      }
      state.nowMs += 1_000;
    }
    expect(state.fetched).toBe(10);
  });

  it('are found when they are new, without a restart', async () => {
    const { state, keys } = world();
    await keys.find('first');
    state.published = new Map([['second', second]]);
    state.nowMs += 60_000;
    expect(await keys.find('second')).toEqual({ kind: 'found', key: second });
  });

  it('are forgotten when they are no longer published', async () => {
    const { state, keys } = world();
    await keys.find('first');
    state.published = new Map([['second', second]]);
    state.nowMs += 3_600_000;
    expect(await keys.find('first')).toEqual({ kind: 'unknown' });
  });

  it('are unavailable where they cannot be had, which is no `unknown` [GH-03]', async () => {
    const { state, keys } = world('down');
    expect(await keys.find('first')).toEqual({ kind: 'unavailable', retryAfterSeconds: 30 });
    state.published = new Map([['first', first]]);
    state.nowMs += 30_000;
    expect(await keys.find('first')).toEqual({ kind: 'found', key: first });
  });

  it('are not asked for again at once after a fault', async () => {
    const { state, keys } = world('down');
    for (let attempt = 0; attempt < 100; attempt++) {
      expect((await keys.find(`id-${attempt}`)).kind).toBe('unavailable');
      state.nowMs += 299;
    }
    expect([state.fetched, state.failures]).toEqual([1, 1]);
  });

  it('stay good for a day while they cannot be fetched anew, and no longer', async () => {
    const { state, keys } = world();
    await keys.find('first');
    state.published = 'down';
    state.nowMs += 24 * 3_600_000 - 1;
    expect((await keys.find('first')).kind).toBe('found');
    expect((await keys.find('made-up')).kind).toBe('unavailable');
    state.nowMs += 1;
    expect((await keys.find('first')).kind).toBe('unavailable');
  });
});
