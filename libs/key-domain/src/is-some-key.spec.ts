import { describe, expect, it } from '@jest/globals';
import { isSomeKey } from './is-some-key.js';
import { mintKey } from './mint-key.js';

describe('isSomeKey', () => {
  it('knows a key whatever its prefix is', () => {
    for (const prefix of ['ex_live_', 'sk-', 'xero_my-project_', 'x'.repeat(100)]) {
      for (let round = 0; round < 50; round++) expect(isSomeKey(mintKey(prefix))).toBe(true);
    }
  });

  it('takes nothing else for one', () => {
    const key = mintKey('ex_live_');
    const others = ['', 'ex_live_', mintKey(''), key.slice(1), key.slice(0, -1), `${key}0`, key.toLowerCase()];
    for (const text of [...others, 'a'.repeat(43), 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln'.repeat(20)]) {
      expect([text, isSomeKey(text)]).toEqual([text, false]);
    }
  });
});
