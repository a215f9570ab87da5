import { digestKey } from '@gatehouse/key-domain/key-digest';
import { describe, expect, it } from '@jest/globals';
import { seenLately } from './seen-lately.js';

describe('digests seen of late', () => {
  it('are known from their second time on', () => {
    const seen = seenLately(1_024);
    const digests = Array.from({ length: 3 }, (_, index) => digestKey(`secret ${index}`));
    expect(digests.map(seen)).toEqual([false, false, false]);
    expect(digests.map(seen)).toEqual([true, true, true]);
  });

  it('give way to others, so that what is not seen again is forgotten', () => {
    const seen = seenLately(16);
    const first = digestKey('first');
    seen(first);
    for (let index = 0; index < 1_000; index++) seen(digestKey(`secret ${index}`));
    expect(seen(first)).toBe(false);
  });
});
