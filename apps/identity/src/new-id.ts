import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const LENGTH = 22;
/** The largest multiple of 62 that fits a byte; bytes above it would favour some characters. */
const FAIR_BYTES = 248;

type IdPrefix = 'acc' | 'org' | 'prj' | 'ses' | 'aud' | 'chl' | 'inv' | 'mail' | 'psk' | 'idn' | 'rec';

/** A new identifier: the prefix that says of what, and 22 random base62 characters (131 bits). */
export function newId(prefix: IdPrefix): string {
  let text = '';
  while (text.length < LENGTH) {
    for (const byte of randomBytes(LENGTH)) {
      if (byte < FAIR_BYTES && text.length < LENGTH) text += ALPHABET[byte % 62];
    }
  }
  return `${prefix}_${text}`;
}
