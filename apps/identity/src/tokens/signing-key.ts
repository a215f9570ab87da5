import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { openSealed, seal } from './seal.js';

const RSA_BITS = 3_072;

/** A key that access tokens are signed with. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** Its public half, as others get it. */
export interface PublishedKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
}

/** The key that signs now, and all whose signatures we accept, by `kid`. */
export interface KeyRing {
  readonly current: SigningKey;
  readonly published: ReadonlyMap<string, PublishedKey>;
}

/**
 * A new RSA key; its name is the hash of its public half. The key is read anew from its encoded form: the object that comes from
 * making a key shares a lock with the job that made it, and Node 20 stands still for ever where the garbage collector
 * ends that job while the key is exported as a JWK.
 */
export async function newSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: RSA_BITS,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  const digest = createHash('sha256').update(publicKey).digest('base64url');
  return {
    kid: digest.slice(0, 22),
    privateKey: createPrivateKey({ key: privateKey, type: 'pkcs8', format: 'der' }),
  };
}

/** The public half of a key as a JWK (RFC 7517). */
export function publicJwk(key: PublishedKey): Record<string, unknown> {
  const { kty, n, e } = key.publicKey.export({ format: 'jwk' });
  return { kty, n, e, kid: key.kid, use: 'sig', alg: 'RS256' };
}

export function publishedHalf(key: SigningKey): PublishedKey {
  return { kid: key.kid, publicKey: createPublicKey(key.privateKey) };
}

/** Encrypts the private half for the database, bound to the key's name. */
export function sealSigningKey(key: SigningKey, encryptionKey: Buffer): Buffer {
  return seal(encryptionKey, key.kid, key.privateKey.export({ type: 'pkcs8', format: 'der' }));
}

/**
 * Opens what `sealSigningKey` made.
 * @throws Error where the root secret is another one, the row was changed, or the key is weaker than those we make [T-05]
 */
export function openSigningKey(kid: string, sealed: Buffer, encryptionKey: Buffer): SigningKey {
  const plain = openSealed(encryptionKey, kid, sealed);
  if (plain === undefined) {
    throw new Error(`GATEHOUSE_SECRET: cannot open the signing key ${kid}; was the secret changed?`);
  }
  const privateKey = createPrivateKey({ key: plain, type: 'pkcs8', format: 'der' });
  const bits = privateKey.asymmetricKeyType === 'rsa' ? privateKey.asymmetricKeyDetails?.modulusLength : undefined;
  if (bits === undefined || bits < RSA_BITS) throw new Error(`the signing key ${kid} is not RSA of ${RSA_BITS} bits`);
  return { kid, privateKey };
}
