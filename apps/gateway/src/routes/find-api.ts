import type { ApiTable, PublishedApi } from './published-api.js';

/** Which API a request is for, and the request target within it. */
export type FoundApi =
  | { readonly kind: 'found'; readonly published: PublishedApi; readonly target: string }
  | { readonly kind: 'unknown_name' }
  | { readonly kind: 'not_published' };

const PREFIX = '/apis/';
const UNKNOWN_NAME: FoundApi = { kind: 'unknown_name' };
const NOT_PUBLISHED: FoundApi = { kind: 'not_published' };

/** By the host of the request; on every other host by `/apis/<name>/…`, whose prefix is taken off. */
export function findApi(table: ApiTable, host: string | undefined, target: string): FoundApi {
  const byHost = host === undefined ? undefined : table.byHost.get(hostName(host));
  if (byHost !== undefined) return { kind: 'found', published: byHost, target };
  if (!target.startsWith(PREFIX)) return NOT_PUBLISHED;
  let end = PREFIX.length;
  while (end < target.length && target[end] !== '/' && target[end] !== '?') end++;
  const byName = table.byName.get(target.slice(PREFIX.length, end));
  if (byName === undefined) return UNKNOWN_NAME;
  const rest = target.slice(end);
  return { kind: 'found', published: byName, target: rest[0] === '/' ? rest : `/${rest}` };
}

/** A Host header without its port, in lower case, without the dot of a fully qualified name. */
function hostName(host: string): string {
  const withoutPort = host.replace(/:\d*$/, '').toLowerCase();
  return withoutPort.endsWith('.') ? withoutPort.slice(0, -1) : withoutPort;
}
