import { crc32 } from 'node:zlib';
import { base62Digit } from './base62.js';
import { BODY_DIGITS, CHECK_DIGITS, KEY_LENGTH_MAX } from './key-format.js';
import { isPrefixOf, type KeyPrefix } from './key-prefix.js';

export type KeyShape = { readonly kind: 'key'; readonly environment: string } | { readonly kind: 'malformed' };

const MALFORMED: KeyShape = { kind: 'malformed' };

/**
 * Tells offline whether a text can be a key: its prefix, length, alphabet and check. Linear in a bounded length; says
 * nothing about whether such a key exists.
 */
export function readKeyShape(secret: string, prefixes: readonly KeyPrefix[]): KeyShape {
  const bodyStart = secret.length - BODY_DIGITS;
  if (bodyStart <= 0 || secret.length > KEY_LENGTH_MAX) return MALFORMED;
  const begins = secret.slice(0, bodyStart);
  const prefix = prefixes.find((candidate) => isPrefixOf(candidate, begins));
  if (prefix === undefined) return MALFORMED;
  const checkStart = secret.length - CHECK_DIGITS;
  for (let index = bodyStart; index < checkStart; index++) {
    if (base62Digit(secret.charCodeAt(index)) === 255) return MALFORMED;
  }
  return readCheck(secret, checkStart) === crc32(secret.slice(0, checkStart))
    ? { kind: 'key', environment: prefix.environment }
    : MALFORMED;
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
