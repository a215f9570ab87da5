import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readHash } from './read-hash.js';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));

describe('readHash', () => {
  it('reads every hash of 32 bytes in every way in which it may be written', () => {
    fc.assert(
      fc.property(bytes32, (bytes) => {
        expect(readHash('hex', bytes.toString('hex'))).toEqual(bytes);
        expect(readHash('hex', bytes.toString('hex').toUpperCase())).toEqual(bytes);
        expect(readHash('base64', bytes.toString('base64'))).toEqual(bytes);
        expect(readHash('base64', bytes.toString('base64').replace('=', ''))).toEqual(bytes);
        expect(readHash('base64', bytes.toString('base64url'))).toEqual(bytes);
      }),
    );
  });

  it('refuses other lengths, other characters, and bits that would be lost', () => {
    const sha256 = hash('sha256', 'a key', 'hex');
    const wrongHex = ['', sha256.slice(1), `${sha256}0`, `${sha256}\n`, ` ${sha256}`, sha256.replace(/^./, 'g'), '0x'];
    for (const text of wrongHex) expect(readHash('hex', text)).toBeUndefined();
    const base64 = hash('sha256', 'a key', 'base64');
    const sha512 = hash('sha512', 'a key', 'base64');
    for (const text of ['', sha256, sha512, base64.slice(1), `${base64}=`, `${base64}\n`, `*${base64.slice(1)}`]) {
      expect(readHash('base64', text)).toBeUndefined();
    }
    // The last of 43 digits holds two bits more than 32 bytes have.
    expect(readHash('base64', `${'A'.repeat(42)}B`)).toBeUndefined();
    expect(readHash('base64', `${'A'.repeat(42)}E`)).toEqual(Buffer.from(`${'00'.repeat(31)}01`, 'hex'));
  });

  it('does not mix the two alphabets of base64', () => {
    expect(readHash('base64', `+_${'A'.repeat(41)}`)).toBeUndefined();
  });
});
