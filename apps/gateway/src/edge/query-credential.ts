import type { KeyPrefix } from '@gatehouse/key-domain/key-prefix';
import { readKeyShape } from '@gatehouse/key-domain/parse-key';

/** RFC 6750 section 2.3, as upstreams may read it that take every sign for an underscore. */
const TOKEN_PARAMETER = 'access_token';
/** Whether it is worth the time to read a query. */
const MAY_HOLD_TOKEN = /access.token|%/i;

/**
 * Whether a target's query has a credential in it: `access_token`, or a key of the API under any name. The gateway reads
 * none there; an upstream might, and then serve somebody else than whom the gateway let in.
 * @param target path and query.
 */
export function hasCredentialInQuery(target: string, keyPrefixes: readonly KeyPrefix[]): boolean {
  const mark = target.indexOf('?');
  if (mark < 0) return false;
  const query = target.slice(mark + 1);
  if (!MAY_HOLD_TOKEN.test(query) && !keyPrefixes.some(({ head }) => query.includes(head))) return false;
  for (const [name, value] of new URLSearchParams(query.replaceAll(';', '&'))) {
    if (value === '') continue;
    if (name.toLowerCase().replaceAll(/[^a-z0-9]/g, '_') === TOKEN_PARAMETER) return true;
    if (readKeyShape(value, keyPrefixes).kind === 'key') return true;
  }
  return false;
}
