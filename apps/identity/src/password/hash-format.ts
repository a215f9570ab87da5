import type { StoredHash } from './stored-hash.js';

/** One way of keeping passwords. Old rows stay readable; only the first is written. */
interface HashFormat {
  readonly name: string;
  /** Whether a hash of this format was made with weaker parameters than today's. */
  isOutdated(hash: string): boolean;
}

/** OWASP's floor for argon2id: 19 MiB, two passes, one lane. */
export const ARGON2_MEMORY_KIB = 19_456;
export const ARGON2_PASSES = 2;
export const ARGON2_LANES = 1;

export const PEPPERED_ARGON2ID = 'argon2id-peppered';

/** THE table of formats, the one that is written first. */
const HASH_FORMATS: readonly HashFormat[] = [{ name: PEPPERED_ARGON2ID, isOutdated: isWeakArgon2 }];

/** Whether a password whose hash is this one should be hashed again now that it is at hand. */
export function needsRehash(stored: StoredHash): boolean {
  const [current] = HASH_FORMATS;
  return current === undefined || stored.format !== current.name || current.isOutdated(stored.hash);
}

/** Whether a stored hash can be checked at all. */
export function isKnownFormat(format: string): boolean {
  return HASH_FORMATS.some((row) => row.name === format);
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/;

function isWeakArgon2(hash: string): boolean {
  const found = PHC.exec(hash);
  if (found === null) return true;
  return Number(found[1]) < ARGON2_MEMORY_KIB || Number(found[2]) < ARGON2_PASSES || Number(found[3]) < ARGON2_LANES;
}
