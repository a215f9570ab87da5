import { randomBytes } from 'node:crypto';
import { writeBase62 } from '@gatehouse/key-domain/base62';

/** A new key id: `key_` and 22 base62 digits that hold 128 random bits. */
export function newKeyId(random: Buffer = randomBytes(16)): string {
  return `key_${writeBase62(BigInt(`0x${random.toString('hex')}`), 22)}`;
}

/** Whether a text that a client sent can be a key id at all; what cannot is not looked up. */
export function isKeyId(text: string): boolean {
  return /^key_[0-9A-Za-z]{22}$/.test(text);
}
