import { createHmac, randomBytes } from 'node:crypto';

/** How many an account has after they were made. */
const BACKUP_CODES = 10;
/** 24 characters of 5 bits: 120 bits, so that a fast keyed hash is enough to keep them [M-05]. */
export const BACKUP_CODE_LENGTH = 24;
/** Crockford's base 32: no letter that can be read as a digit, and none that makes most words. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const BACKUP_CODE_PATTERN = new RegExp(`^[${ALPHABET}]{${BACKUP_CODE_LENGTH}}$`);
const GROUP_LENGTH = 6;

/** A new set of codes as their owner sees them, once: `4K7Q0M-…`, in groups. */
export function newBackupCodes(): string[] {
  return Array.from({ length: BACKUP_CODES }, newBackupCode);
}

/** How a code is looked up: keyed, so that the table alone tells nothing, and bound to its account. */
export function hashBackupCode(key: Buffer, accountId: string, code: string): Buffer {
  return createHmac('sha256', key)
    .update(`${accountId} ${code.replaceAll('-', '')}`)
    .digest();
}

function newBackupCode(): string {
  // 256 is a multiple of 32, so each character is as likely as any other.
  const characters = Array.from(randomBytes(BACKUP_CODE_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return (characters.match(new RegExp(`.{${GROUP_LENGTH}}`, 'g')) ?? []).join('-');
}
