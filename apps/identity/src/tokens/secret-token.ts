import { createHash, randomBytes } from 'node:crypto';

/** A secret that we hand out once and keep as a hash. */
export interface SecretToken {
  readonly token: string;
  readonly hash: Buffer;
}

/** 256 random bits: a fast hash is enough for what cannot be guessed. */
export function newSecretToken(): SecretToken {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashSecretToken(token) };
}

/** How a token is looked up: only its SHA-256 is stored. */
export function hashSecretToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
