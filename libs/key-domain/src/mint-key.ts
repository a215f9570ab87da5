import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { writeBase62 } from './base62.js';
import { CHECK_DIGITS, PREFIX_LENGTH_MAX, RANDOM_BITS, RANDOM_DIGITS } from './key-format.js';

/**
 * Makes a new secret key with this prefix.
 * @param random 32 bytes; from the operating system's generator unless a test gives them.
 * @throws RangeError where the prefix is too long, or `random` has another length.
 */
export function mintKey(prefix: string, random: Buffer = randomBytes(RANDOM_BITS / 8)): string {
  if (random.length * 8 !== RANDOM_BITS) throw new RangeError('a key needs 256 random bits');
  if (prefix.length > PREFIX_LENGTH_MAX) throw new RangeError('the prefix is too long');
  const body = prefix + writeBase62(BigInt(`0x${random.toString('hex')}`), RANDOM_DIGITS);
  return body + writeBase62(BigInt(crc32(body)), CHECK_DIGITS);
}
