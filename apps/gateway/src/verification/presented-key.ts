import { Refusal } from '../management/refusal.js';

const BEARER = /^bearer +([\x21-\x7e]+)$/i;

/**
 * The key that its holder came with: in the body, or as a bearer token (RFC 6750, section 2.1).
 * @throws Refusal where there is none, or two that are not the same
 */
export function presentedKey(authorization: string | undefined, inBody: string | undefined): string {
  const inHeader = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  if (authorization !== undefined && inHeader === undefined) {
    throw new Refusal('invalid_request', { detail: 'The Authorization header must be "Bearer <key>".' });
  }
  if (inHeader !== undefined && inBody !== undefined && inHeader !== inBody) {
    throw new Refusal('invalid_request', { detail: 'Two different keys were sent.' });
  }
  const key = inHeader ?? inBody;
  if (key === undefined)
    throw new Refusal('validation_error', { errors: { key: 'is required, here or as a bearer token' } });
  return key;
}
