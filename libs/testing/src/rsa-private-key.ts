import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/**
 * A new RSA key, read anew from its encoded form: Node 20 may stand still for ever where a key is exported as a JWK, as jose
 * does, while the garbage collector ends the job that made it.
 */
export function rsaPrivateKey(bits: number): KeyObject {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return createPrivateKey(privateKey);
}
