import { crc32 } from 'node:zlib';
import { base62Digit } from './base62.js';
import { CHECK_DIGITS, KEY_LENGTH_MAX, RANDOM_DIGITS } from './key-format.js';

export type KeyShape = { readonly kind: 'key'; readonly environment: string } | { readonly kind: 'malformed' };

const MALFORMED: KeyShape = { kind: 'malformed' };

/**
 * Tells offline whether a text can be a key: its length, a prefix (the longest that matches), the alphabet, the check.
 * Linear in a bounded length; says nothing about whether such a key exists.
 * @param prefixes environment -> what its keys begin with.
 */
export function readKeyShape(secret: string, prefixes: Readonly<Record<string, string>>): KeyShape {
  if (secret.length > KEY_LENGTH_MAX) return MALFORMED;
  const environment = environmentOf(secret, prefixes);
  if (environment === undefined) return MALFORMED;
  const bodyStart = (prefixes[environment] as string).length;
  const checkStart = bodyStart + RANDOM_DIGITS;
  if (secret.length !== checkStart + CHECK_DIGITS) return MALFORMED;
  for (let index = bodyStart; index < checkStart; index++) {
    if (base62Digit(secret.charCodeAt(index)) === 255) return MALFORMED;
  }
  return readCheck(secret, checkStart) === crc32(secret.slice(0, checkStart))
    ? { kind: 'key', environment }
    : MALFORMED;
}

function environmentOf(secret: string, prefixes: Readonly<Record<string, string>>): string | undefined {
  let found: string | undefined;
  let longest = -1;
  for (const environment in prefixes) {
    const prefix = prefixes[environment] as string;
    if (prefix.length > longest && secret.startsWith(prefix)) {
      found = environment;
      longest = prefix.length;
    }
  }
  return found;
}

/** The number that the check digits say; NaN where one is no digit. */
function readCheck(secret: string, start: number): number {
  let value = 0;
  for (let index = start; index < secret.length; index++) {
    const digit = base62Digit(secret.charCodeAt(index));
    if (digit === 255) return Number.NaN;
    value = value * 62 + digit;
  }
  return value;
}
