import { type Algorithm, hash, verify } from '@node-rs/argon2';
import { ARGON2_LANES, ARGON2_MEMORY_KIB, ARGON2_PASSES, isKnownFormat, PEPPERED_ARGON2ID } from './hash-format.js';
import type { PasswordHasher } from './hasher.js';

/** The package declares its enum `const`, which cannot be imported one file at a time. */
const ARGON2ID = 2 as Algorithm;

/**
 * argon2id in libuv's threads.
 * @param pepper a key that is not in the database: its dump alone allows no guess (NIST SP 800-63B, 3.1.1.2).
 */
export function argon2Hasher(pepper: Buffer): PasswordHasher {
  const options = {
    algorithm: ARGON2ID,
    memoryCost: ARGON2_MEMORY_KIB,
    timeCost: ARGON2_PASSES,
    parallelism: ARGON2_LANES,
    secret: pepper,
  };
  return {
    hash: async (password) => ({ format: PEPPERED_ARGON2ID, hash: await hash(password, options) }),
    verify: async (password, stored) => {
      if (!isKnownFormat(stored.format)) throw new Error(`a password is stored in an unknown format: ${stored.format}`);
      return verify(stored.hash, password, { secret: pepper });
    },
  };
}
