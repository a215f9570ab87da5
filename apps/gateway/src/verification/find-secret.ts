import type { KeyFacts } from '@gatehouse/key-domain/key';
import type { EdgePorts } from '../edge/authorize-secret.js';
import { digestOf } from '../edge/digest-of.js';
import type { PublishedApi } from '../routes/published-api.js';

export type FoundSecret =
  /** It cannot be a key of any API; nobody was asked. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'found'; readonly facts: KeyFacts; readonly digest: Buffer };

/**
 * Which key a text is the secret of, whichever API it is for. Several APIs may have keys of one form, and keys of former
 * systems may be looked up in several ways: all are asked at once.
 */
export async function findSecret(
  secret: string,
  apis: Iterable<PublishedApi>,
  findKey: EdgePorts['findKey'],
): Promise<FoundSecret> {
  const digests = new Map<string, { readonly digest: Buffer; readonly api: PublishedApi }>();
  for (const api of apis) {
    const digest = digestOf(secret, api);
    if (digest !== undefined) digests.set(digest.toString('latin1'), { digest, api });
  }
  if (digests.size === 0) return { kind: 'malformed' };
  const lookups = await Promise.all(
    [...digests.values()].map(async ({ digest, api }) => ({ digest, facts: await findKey(digest, api) })),
  );
  for (const { digest, facts } of lookups) if (typeof facts === 'object') return { kind: 'found', facts, digest };
  return { kind: lookups.some(({ facts }) => facts === 'unavailable') ? 'unavailable' : 'unknown' };
}
