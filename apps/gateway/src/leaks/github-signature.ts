import { type KeyObject, verify } from 'node:crypto';

/** What a report says about its own signature. */
export interface StatedSignature {
  readonly keyId: string;
  /** ECDSA, in DER. */
  readonly signature: Buffer;
}

const KEY_ID = /^[0-9A-Za-z_-]{1,128}$/;
const SIGNATURE = /^(?:[0-9A-Za-z+/]{4}){1,40}(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$/;

/** Reads the headers Github-Public-Key-Identifier and Github-Public-Key-Signature; undefined: they are not there, or not that. */
export function readSignature(keyId: string | undefined, signature: string | undefined): StatedSignature | undefined {
  if (keyId === undefined || !KEY_ID.test(keyId)) return undefined;
  if (signature === undefined || !SIGNATURE.test(signature)) return undefined;
  return { keyId, signature: Buffer.from(signature, 'base64') };
}

/**
 * Whether the owner of this key has signed exactly these bytes: ECDSA over P-256 with SHA-256. The body must be the one
 * that arrived; JSON that was read and written again has another signature [GH-02].
 */
export function isSignedBy(key: KeyObject, body: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    verify('sha256', body, { key, dsaEncoding: 'der' }, signature, (error, isValid) => {
      resolve(error === null && isValid);
    });
  });
}
