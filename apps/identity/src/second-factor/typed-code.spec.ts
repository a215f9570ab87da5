import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newBackupCodes } from './backup-codes.js';
import { readTypedCode } from './typed-code.js';

describe('a typed code', () => {
  it.each([
    '123456',
    '123 456',
    ' 123456 ',
    '\t123456\n',
    '123-456',
    '1 2 3 4 5 6',
    '１２３４５６',
    '123\u00a0456',
    '123\u2013456',
    '123\u2009456',
  ])('%j is one and the same code as its six digits [H-047]', (typed) => {
    expect(readTypedCode(typed)).toEqual({ kind: 'totp', digits: '123456' });
  });

  it.each([
    '',
    ' ',
    '+123456',
    '-12345',
    '1234567',
    '12345',
    '123456\u0000',
    '12345a',
    '1e5000',
    '0x1234',
    '१२३४५६',
    '①②③④⑤',
    '123.456',
    '123,456',
    '1'.repeat(201),
    '0'.repeat(25),
  ])('%j is none [H-047]', (typed) => {
    expect(readTypedCode(typed)).toEqual({ kind: 'no_code' });
  });

  it('that is a backup code is the same in small letters, without hyphens, and with the letters that look like digits', () => {
    const [shown = ''] = newBackupCodes();
    const code = shown.replaceAll('-', '');
    for (const typed of [
      shown,
      code,
      shown.toLowerCase(),
      ` ${shown.replaceAll('-', ' ')} `,
      code.replaceAll('0', 'o'),
      code.replaceAll('1', 'l'),
      code.replaceAll('1', 'I'),
    ]) {
      expect(readTypedCode(typed)).toEqual({ kind: 'backup_code', code });
    }
    expect(readTypedCode(`${code}0`)).toEqual({ kind: 'no_code' });
    expect(readTypedCode(`U${code.slice(1)}`)).toEqual({ kind: 'no_code' });
  });

  it('is read without a fault, whatever was typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (typed) => {
        const read = readTypedCode(typed);
        if (read.kind === 'totp') expect(read.digits).toMatch(/^[0-9]{6}$/);
        // What was brought into its form stays as it is.
        if (read.kind === 'backup_code') expect(readTypedCode(read.code)).toEqual(read);
      }),
    );
  });
});
