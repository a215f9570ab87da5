import { describe, expect, it } from '@jest/globals';
import { newUnguessable } from './round-trip.js';

const MANY = 10_000;

describe('state, nonce and verifier of a round trip [H-063]', () => {
  it('are 256 bits each, none twice, of which none is the same in all or tells the time', () => {
    const made = Array.from({ length: MANY }, newUnguessable);
    expect(new Set(made).size).toBe(MANY);
    const bytes = made.map((text) => Buffer.from(text, 'base64url'));
    const ones = new Array<number>(256).fill(0);
    for (const one of bytes) {
      expect(one).toHaveLength(32);
      for (let bit = 0; bit < 256; bit++) {
        ones[bit] = (ones[bit] ?? 0) + (((one[bit >> 3] ?? 0) >> (bit & 7)) & 1);
      }
    }
    // Seven standard deviations from the half: once in a billion runs.
    for (const count of ones) expect(Math.abs(count - MANY / 2)).toBeLessThan(7 * Math.sqrt(MANY / 4));
  });
});
