import { describe, expect, it } from '@jest/globals';
import { exampleUse, START_MS } from './example-use.conformance.js';
import { UsageFold } from './usage-fold.js';
import type { Use } from './use.js';

const HOUR_MS = 3_600_000;

function folded(...uses: readonly Partial<Use>[]): UsageFold {
  const fold = new UsageFold();
  for (const use of uses) fold.add(exampleUse(use));
  return fold;
}

const only = (fold: UsageFold) => {
  const [key] = fold.end().keys;
  if (key === undefined) throw new Error('there is no key');
  return key;
};

describe('the fold of usage', () => {
  it('adds up requests, refusals and costs by key and hour', () => {
    const fold = folded(
      {},
      {},
      { allowed: false, outcome: 'rate_limited', status: 429 },
      { atMs: START_MS + HOUR_MS },
      { keyId: 'key_2' },
    );
    const { keys } = fold.end();
    expect(keys.map(({ keyId }) => keyId)).toEqual(['key_1', 'key_2']);
    expect(keys[0]?.hours).toMatchObject([
      { startMs: START_MS, requests: 3, refused: 1, cost: 4, unlogged: 0 },
      { startMs: START_MS + HOUR_MS, requests: 1, refused: 0, cost: 2, unlogged: 0 },
    ]);
  });

  it('counts a scope as used where the request was let through, and not where it was refused', () => {
    const fold = folded(
      { scopesNeeded: ['a', 'b'] },
      { scopesNeeded: ['a'], atMs: START_MS + 5 },
      { scopesNeeded: ['c'], allowed: false },
      { scopesNeeded: [] },
    );
    expect(only(fold).hours[0]?.scopes).toEqual(
      new Map([
        ['a', { uses: 2, lastAtMs: START_MS + 5 }],
        ['b', { uses: 1, lastAtMs: START_MS }],
      ]),
    );
  });

  it('tells the callers of each secret apart, by address and user agent', () => {
    const fold = folded(
      {},
      { atMs: START_MS + 1, route: 'GET /other' },
      { address: '192.0.2.2' },
      { userAgent: 'python' },
      { generation: 2 },
      { retiring: true },
    );
    const [first, second, old] = only(fold).secrets;
    expect([first?.uses, second?.uses, old?.uses]).toEqual([4, 1, 1]);
    expect([old?.generation, old?.retiring]).toEqual([1, true]);
    expect(first?.callers.get('192.0.2.1')?.get('curl/8')).toMatchObject({ uses: 2, last: { route: 'GET /other' } });
    expect(first?.callersCount).toBe(3);
  });

  it('keeps the latest request as the last use, in whatever order requests end', () => {
    const fold = folded({ atMs: START_MS + 9, path: '/late' }, { path: '/early' });
    const key = only(fold);
    expect(key.last.path).toBe('/late');
    expect(key.secrets[0]).toMatchObject({ lastAtMs: START_MS + 9 });
    expect(key.secrets[0]?.callers.get('192.0.2.1')?.get('curl/8')).toMatchObject({ last: { path: '/late' } });
  });

  it('holds no more keys, callers and log entries than its bounds, and counts what it leaves out', () => {
    const fold = new UsageFold({ keys: 3, callers: 60, logged: 10, loggedOfKey: 6 });
    for (let key = 0; key < 5; key++) fold.add(exampleUse({ keyId: `key_${key}` }));
    for (let caller = 0; caller < 100; caller++) fold.add(exampleUse({ keyId: 'key_0', userAgent: `agent ${caller}` }));
    for (let caller = 0; caller < 100; caller++) fold.add(exampleUse({ keyId: 'key_1', userAgent: `agent ${caller}` }));
    const { keys, seldom } = fold.end();
    expect(seldom).toEqual([]);
    expect(keys).toHaveLength(3);
    expect(keys.map(({ secrets }) => secrets[0]?.callersCount)).toEqual([50, 10, 0]);
    expect(keys.map(({ log }) => log.length)).toEqual([6, 3, 1]);
    // Two keys too many; 203 requests that count, of which 60 brought a caller and 10 are in the log.
    expect(fold.leftOut).toEqual({ requests: 2, callers: 143, logged: 193 });
    expect(keys.map(({ hours }) => [hours[0]?.requests, hours[0]?.unlogged])).toEqual([
      [101, 95],
      [101, 98],
      [1, 0],
    ]);
    expect(keys.map(({ secrets }) => secrets[0]?.uses)).toEqual([101, 101, 1]);
  });

  it('holds a bounded number of hours and secrets of one key', () => {
    const fold = new UsageFold();
    for (let hour = 0; hour < 30; hour++) fold.add(exampleUse({ atMs: START_MS + hour * HOUR_MS }));
    for (let generation = 1; generation <= 10; generation++) fold.add(exampleUse({ generation }));
    const key = only(fold);
    expect(key.hours).toHaveLength(24);
    expect(key.secrets).toHaveLength(4);
    expect(fold.leftOut).toMatchObject({ requests: 6, callers: 6 });
  });

  it('tells single uses of keys that came seldom, where there are many keys, and all of those that came often', () => {
    const often = Array.from({ length: 17 }, (_, index) => ({ keyId: 'key_often', atMs: START_MS + index }));
    const many = Array.from({ length: 200 }, (_, index) => ({ keyId: `key_${index}` }));
    const { keys, seldom } = folded(...often, ...many, ...many).end();
    expect(keys).toMatchObject([{ keyId: 'key_often', hours: [{ requests: 17 }] }]);
    expect(seldom).toHaveLength(400);
    expect(new Set(seldom.map(({ keyId }) => keyId)).size).toBe(200);
  });

  it('tells all of a key whose old secret is still used, however seldom', () => {
    const many = Array.from({ length: 300 }, (_, index) => ({ keyId: `key_${index}` }));
    const { keys, seldom } = folded(...many, { keyId: 'key_7', retiring: true }).end();
    expect(keys).toMatchObject([{ keyId: 'key_7', secrets: [{ retiring: false }, { retiring: true, uses: 1 }] }]);
    expect(seldom).toHaveLength(299);
  });

  it('counts each request once and says which are in the log, whatever becomes of its key', () => {
    const uses = Array.from({ length: 3_000 }, (_, index) => ({ keyId: `key_${Math.floor(Math.sqrt(index)) * 5}` }));
    const fold = new UsageFold({ keys: 60_000, callers: 20_000, logged: 500, loggedOfKey: 10 });
    for (const use of [...uses, ...Array.from({ length: 300 }, (_, index) => ({ keyId: `other_${index}` }))]) {
      fold.add(exampleUse(use));
    }
    expect(fold.requests).toBe(3_300);
    const { keys, seldom } = fold.end();
    const hours = keys.flatMap((key) => key.hours);
    expect(hours.reduce((sum, { requests }) => sum + requests, 0) + seldom.length).toBe(3_300);
    const logged = keys.flatMap(({ log }) => log).length + seldom.filter((use) => use.logged).length;
    expect(logged).toBe(500);
    expect(fold.leftOut).toEqual({ requests: 0, callers: 0, logged: 2_800 });
    const unlogged = hours.reduce((sum, hour) => sum + hour.unlogged, 0);
    expect(unlogged + seldom.filter((use) => !use.logged).length).toBe(2_800);
  });
});
