import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';

const RSA_BITS = 3_072;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

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

/** A new RSA key; its name is the hash of its public half. */
export async function newSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
  const digest = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { kid: digest.slice(0, 22), privateKey };
}

/** The public half of a key as a JWK (RFC 7517). */
export function publicJwk(key: PublishedKey): Record<string, unknown> {
  const { kty, n, e } = key.publicKey.export({ format: 'jwk' });
  return { kty, n, e, kid: key.kid, use: 'sig', alg: 'RS256' };
}

export function publishedHalf(key: SigningKey): PublishedKey {
  return { kid: key.kid, publicKey: createPublicKey(key.privateKey) };
}

/** Encrypts the private half for the database: AES-256-GCM, bound to the key's name. */
export function sealSigningKey(key: SigningKey, encryptionKey: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', encryptionKey, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(key.kid));
  const plain = key.privateKey.export({ type: 'pkcs8', format: 'der' });
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what `sealSigningKey` made. @throws Error where the root secret is another one, or the row was changed. */
export function openSigningKey(kid: string, sealed: Buffer, encryptionKey: Buffer): SigningKey {
  const decipher = createDecipheriv('aes-256-gcm', encryptionKey, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(kid));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const plain = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return { kid, privateKey: createPrivateKey({ key: plain, type: 'pkcs8', format: 'der' }) };
  } catch {
    throw new Error(`GATEHOUSE_SECRET: cannot open the signing key ${kid}; was the secret changed?`);
  }
}
