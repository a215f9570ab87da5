import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readPeppers } from './read-peppers.js';

const [one, other] = [randomBytes(32), randomBytes(48)];
const read = (text: string) => {
  const found = readPeppers(text);
  return found.kind === 'peppers' ? found.peppers : found.message;
};

describe('readPeppers', () => {
  it('reads base64 of both alphabets and hex, with commas or line breaks between', () => {
    const expected = [
      { version: 2, secret: one },
      { version: 30, secret: other },
    ];
    expect(read(`2=${one.toString('base64')},30=${other.toString('hex')}`)).toEqual(expected);
    expect(read(`2=${one.toString('base64url')}\n 30=${other.toString('hex').toUpperCase()}`)).toEqual(expected);
  });

  it('reads back every pepper that it could be given, in each form', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 64 }), (bytes) => {
        const secret = Buffer.from(bytes);
        fc.pre(new Set(secret).size >= 8);
        for (const form of ['hex', 'base64', 'base64url'] as const) {
          expect(read(`2=${secret.toString(form)}`)).toEqual([{ version: 2, secret }]);
        }
      }),
    );
  });

  it.each([
    ['', 'must be written as'],
    [one.toString('hex'), 'must be written as'],
    [`two=${one.toString('hex')}`, 'must be written as'],
    [`02=${one.toString('hex')}`, 'must be written as'],
    [`40000=${one.toString('hex')}`, 'must be written as'],
    [`2=${one.toString('hex')},`, 'must be written as'],
    [`1=${one.toString('hex')}`, 'pepper 1 is derived from GATEHOUSE_SECRET'],
    [`2=${one.toString('hex')},2=${other.toString('hex')}`, 'names pepper 2 twice'],
    [`2=${one.toString('hex')},3=${one.toString('base64')}`, 'pepper 3 is the same as pepper 2'],
    // 24 bytes in hex are 36 in base64: what looks like hex must not pass as something longer.
    [`2=${randomBytes(24).toString('hex')}`, 'pepper 2 must be at least 32 bytes'],
    [`2=${randomBytes(31).toString('base64')}`, 'pepper 2 must be at least 32 bytes'],
    [`2=${one.toString('hex')}0`, 'pepper 2 must be at least 32 bytes'],
    [`2=${one.toString('base64')} and more`, 'pepper 2 must be at least 32 bytes'],
    [`2=${'ab'.repeat(32)}`, 'pepper 2 is too easy to guess'],
  ])('refuses %j, and shows nothing of it', (text, message) => {
    const said = read(text);
    expect(said).toContain(message);
    for (const secret of text.split(/[=,]/).filter((part) => part.length > 20)) expect(said).not.toContain(secret);
  });
});
