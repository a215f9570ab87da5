import { createHmac, hash } from 'node:crypto';

/** SHA-256 of a secret: what leaves the gateway in its place. A secret has 256 random bits, so no slow hash is needed. */
export function digestKey(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/**
 * What the database holds of a key: HMAC-SHA-256 of the digest under a pepper that the database does not hold, so that
 * who has the table cannot test keys that were found elsewhere.
 */
export function sealDigest(pepper: Buffer, digest: Uint8Array): Buffer {
  return createHmac('sha256', pepper).update(digest).digest();
}
