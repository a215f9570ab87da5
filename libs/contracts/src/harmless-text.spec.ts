import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { harmless } from './harmless-text.js';
import { plainText } from './plain-text.js';

describe('harmless text', () => {
  it('keeps what is text', () => {
    for (const text of ['', 'Mozilla/5.0 (X11; Linux)', 'Größe', '鍵', '\u{1f511}'])
      expect(harmless(text, 99)).toBe(text);
  });

  it.each([
    ['line ends', 'a\r\nb', 'a\ufffd\ufffdb'],
    ['escape sequences', '\u001b[31m', '\ufffd[31m'],
    ['controls of one byte', '\u009b31m\u007f', '\ufffd31m\ufffd'],
    ['NUL', '\0', '\ufffd'],
    ['halves of characters', '\ud83d \udd11', '\ufffd \ufffd'],
    ['turns of direction', '\u202egpj.exe', '\ufffdgpj.exe'],
    ['line separators', '\u2028\u2029', '\ufffd\ufffd'],
  ])('marks %s', (_name, text, clean) => {
    expect(harmless(text, 99)).toBe(clean);
  });

  it('is cut, and then still has no half of a character', () => {
    expect(harmless('x'.repeat(9), 4)).toBe('xxxx');
    expect(harmless('abc\u{1f511}', 4)).toBe('abc\ufffd');
  });

  it('is plain text, whatever was sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(20), (text, max) => {
        const clean = harmless(text, max);
        expect(clean.length).toBeLessThanOrEqual(max);
        expect(plainText.safeParse(clean).success).toBe(true);
        expect(harmless(clean, max)).toBe(clean);
      }),
    );
  });
});
