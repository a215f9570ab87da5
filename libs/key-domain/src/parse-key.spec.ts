import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readPrefixes, writePrefix } from './key-prefix.js';
import { mintKey } from './mint-key.js';
import { readKeyShape } from './parse-key.js';

const PREFIXES = readPrefixes({ live: 'ex_live_', test: 'ex_test_' });
const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
const random32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));

describe('readKeyShape', () => {
  it('[E2] tells the environment by the prefix', () => {
    expect(readKeyShape(mintKey('ex_live_'), PREFIXES)).toEqual({ kind: 'key', environment: 'live' });
    expect(readKeyShape(mintKey('ex_test_'), PREFIXES)).toEqual({ kind: 'key', environment: 'test' });
  });

  it('[T1] reads a prefix with the slug of a project in it, and no other text there', () => {
    const prefixes = readPrefixes({ live: 'xero_{project_slug}_' });
    const [prefix] = prefixes;
    if (prefix === undefined) throw new Error('no prefix');
    for (const slug of ['my-project', 'a', '0', 'x'.repeat(40)]) {
      expect(writePrefix(prefix, slug)).toBe(`xero_${slug}_`);
      expect(readKeyShape(mintKey(writePrefix(prefix, slug)), prefixes)).toEqual({ kind: 'key', environment: 'live' });
    }
    for (const slug of ['', 'x'.repeat(41), 'My', 'a_b', 'a b', 'é', '{project_slug}']) {
      expect(readKeyShape(mintKey(`xero_${slug}_`), prefixes).kind).toBe('malformed');
    }
    expect(readKeyShape(mintKey('xero_'), prefixes).kind).toBe('malformed');
  });

  it('lets the whole prefix decide, whatever the order', () => {
    const nested = { short: 'sk-', long: 'sk-test-' };
    const reversed = { long: 'sk-test-', short: 'sk-' };
    for (const prefixes of [readPrefixes(nested), readPrefixes(reversed)]) {
      expect(readKeyShape(mintKey('sk-test-'), prefixes)).toEqual({ kind: 'key', environment: 'long' });
      expect(readKeyShape(mintKey('sk-'), prefixes)).toEqual({ kind: 'key', environment: 'short' });
    }
  });

  it('accepts every key that is minted', () => {
    fc.assert(
      fc.property(random32, (random) => {
        expect(readKeyShape(mintKey('ex_live_', random), PREFIXES).kind).toBe('key');
      }),
    );
  });

  it('detects every change of one character, to any other printable one', () => {
    for (const random of [Buffer.alloc(32), Buffer.alloc(32, 255), Buffer.from('5a'.repeat(32), 'hex')]) {
      const key = mintKey('ex_live_', random);
      for (let index = 0; index < key.length; index++) {
        for (const character of ASCII) {
          if (character === key[index]) continue;
          const edited = key.slice(0, index) + character + key.slice(index + 1);
          expect(readKeyShape(edited, PREFIXES).kind).toBe('malformed');
        }
      }
    }
  });

  it('detects every swap of neighbours', () => {
    for (let round = 0; round < 50; round++) {
      const key = mintKey('ex_live_');
      for (let index = 0; index + 1 < key.length; index++) {
        if (key[index] === key[index + 1]) continue;
        const swapped = key.slice(0, index) + key[index + 1] + key[index] + key.slice(index + 2);
        expect(readKeyShape(swapped, PREFIXES).kind).toBe('malformed');
      }
    }
  });

  it('refuses everything that is shorter, longer, padded or of another alphabet', () => {
    const key = mintKey('ex_live_');
    const wrong = [
      '',
      'ex_live_',
      key.slice(0, -1),
      `${key}0`,
      ` ${key}`,
      `${key}\n`,
      key.replace(/.$/, 'é'),
      key.toUpperCase(),
    ];
    for (const text of wrong) expect(readKeyShape(text, PREFIXES).kind).toBe('malformed');
  });

  it('refuses a check that says the same number in more than 32 bits', () => {
    // 6 base62 digits reach beyond 2^32; only the number itself may pass, not one that wraps around to it.
    const key = mintKey('ex_live_', Buffer.alloc(32));
    expect(readKeyShape(`${key.slice(0, -6)}zzzzzz`, PREFIXES).kind).toBe('malformed');
  });

  it('refuses any text that was not minted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(readKeyShape(text, PREFIXES).kind).toBe('malformed');
        expect(readKeyShape(`ex_live_${text}`, PREFIXES).kind).toBe('malformed');
      }),
    );
  });

  it('does not look at a text that is too long', () => {
    const huge = `ex_live_${'a'.repeat(50_000_000)}`;
    const started = performance.now();
    for (let round = 0; round < 1_000; round++) readKeyShape(huge, PREFIXES);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
