import type { PublishedApi } from '../routes/published-api.js';
import { digestOf } from './digest-of.js';
import type { ReadCredential } from './read-credential.js';

/** What the first part of every JWS begins with: the base64url of `{"`. */
const JWS_HEAD = 'eyJ';

/**
 * Whether a credential is to be judged as an access token [X1]. Where its place takes keys as well, the form decides, and
 * whatever can be a key of the API is one.
 */
export function isAccessToken(
  { secret, carries }: Extract<ReadCredential, { kind: 'present' }>,
  published: PublishedApi,
): boolean {
  if (carries !== 'either') return carries === 'token';
  return secret.startsWith(JWS_HEAD) && digestOf(secret, published) === undefined;
}
