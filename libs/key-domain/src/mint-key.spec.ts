import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writeBase62 } from './base62.js';
import { displayKey } from './display-key.js';
import { mintKey } from './mint-key.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('mintKey', () => {
  it('[T1] holds all 256 random bits: they can be read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const random = Buffer.from(bytes);
        const digits = mintKey('sk-', random).slice(3, 46);
        const number = [...digits].reduce((value, digit) => value * 62n + BigInt(ALPHABET.indexOf(digit)), 0n);
        expect(number.toString(16).padStart(64, '0')).toBe(random.toString('hex'));
      }),
    );
  });

  it('has a fixed form at both ends of the range', () => {
    expect(mintKey('ex_live_', Buffer.alloc(32))).toMatch(/^ex_live_0{43}[0-9A-Za-z]{6}$/);
    expect(mintKey('ex_live_', Buffer.alloc(32, 255))).toMatch(/^ex_live_[0-9A-Za-z]{49}$/);
  });

  it('never mints the same key twice', () => {
    const minted = new Set(Array.from({ length: 20_000 }, () => mintKey('sk-')));
    expect(minted.size).toBe(20_000);
  });

  it('uses every digit about equally often', () => {
    const counts = new Map<string, number>();
    for (let round = 0; round < 5_000; round++) {
      // The first digit holds the top of the number and is not even; the others are.
      for (const digit of mintKey('').slice(1, 43)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    }
    const expected = (5_000 * 42) / 62;
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - expected) / expected).toBeLessThan(0.12);
  });

  it('refuses too little randomness and numbers that do not fit', () => {
    expect(() => mintKey('sk-', Buffer.alloc(16))).toThrow(RangeError);
    expect(() => mintKey('x'.repeat(101))).toThrow(RangeError);
    expect(() => writeBase62(62n, 1)).toThrow(RangeError);
  });
});

describe('displayKey', () => {
  it('[E3] shows prefix, dots and the last four characters', () => {
    const key = mintKey('ex_live_');
    expect(displayKey('ex_live_', key)).toBe(`ex_live_...${key.slice(-4)}`);
    expect(displayKey('ex_live_', 'ex_live_xyzAbCd')).toBe('ex_live_...AbCd');
  });
});
