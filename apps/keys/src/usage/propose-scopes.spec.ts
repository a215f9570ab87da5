import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { proposeScopes } from './propose-scopes.js';

const used = (...scopes: readonly string[]) =>
  scopes.map((scope, index) => ({ scope, uses: index + 1, lastAtMs: index }));

describe('the proposal of a narrower set of scopes', () => {
  it('has the scopes that were needed, in the order of the key, and says how each was used', () => {
    expect(proposeScopes(['a', 'b', 'c'], used('c', 'a'))).toEqual({
      granted: [
        { scope: 'a', uses: 2, lastAtMs: 1 },
        { scope: 'b', uses: 0, lastAtMs: null },
        { scope: 'c', uses: 1, lastAtMs: 0 },
      ],
      unused: ['b'],
      proposed: ['a', 'c'],
    });
  });

  it('never gives a scope that the key does not have, though it was used when the key had it', () => {
    expect(proposeScopes(['a'], used('a', 'gone'))).toMatchObject({ unused: [], proposed: ['a'] });
  });

  it('is empty for a key that needed none', () => {
    expect(proposeScopes(['a', 'b'], [])).toMatchObject({ unused: ['a', 'b'], proposed: [] });
    expect(proposeScopes([], [])).toEqual({ granted: [], unused: [], proposed: [] });
  });

  it('lets through every request that was let through, and cannot be narrower', () => {
    const scopes = ['a', 'b', 'c', 'd', 'e'];
    fc.assert(
      fc.property(fc.subarray(scopes), fc.array(fc.subarray(scopes, { maxLength: 3 })), (granted, requests) => {
        const allowed = requests.filter((needs) => needs.every((scope) => granted.includes(scope)));
        const { proposed, unused } = proposeScopes(granted, used(...new Set(allowed.flat())));
        for (const needs of allowed) expect(needs.every((scope) => proposed.includes(scope))).toBe(true);
        for (const scope of proposed) expect(allowed.some((needs) => needs.includes(scope))).toBe(true);
        expect([...proposed, ...unused].sort()).toEqual([...granted].sort());
      }),
    );
  });
});
