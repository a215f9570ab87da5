import type { IncomingMessage } from 'node:http';
import type { Route } from '@gatehouse/catalog/api';
import { USAGE_TEXT_MAX } from '@gatehouse/contracts/usage-report';
import { isPerson } from '../edge/caller.js';
import type { Decision } from '../edge/decision.js';
import type { PublishedApi } from '../routes/published-api.js';
import type { Routed } from '../routes/route-request.js';
import { REDACTED_LENGTH_MAX } from './redact-keys.js';
import type { Use } from './use.js';

/** One request to one API, as far as its use is told of. */
interface UsedRequest {
  readonly request: Pick<IncomingMessage, 'method' | 'headers'>;
  readonly requestId: string;
  readonly published: PublishedApi;
}

/** A key that begins before the end of what is kept must be seen whole, or its beginning would be kept. */
const LENGTH_MAX = USAGE_TEXT_MAX + REDACTED_LENGTH_MAX;

/** What is to be told of a request that was decided; undefined where nobody knows a key of this API that it came with. */
export function useOf(
  { request, requestId, published }: UsedRequest,
  { route, path }: Routed,
  { kind, facts }: Decision,
  address: string,
  nowMs: number,
): Use | undefined {
  if (facts === null || isPerson(facts)) return undefined;
  const { secret } = facts;
  return {
    keyId: facts.keyId,
    generation: secret.generation,
    retiring: secret.endsAtMs !== null,
    requestId,
    atMs: nowMs,
    address,
    userAgent: bounded(request.headers['user-agent'] ?? ''),
    method: request.method ?? '',
    path: bounded(pathWithin(published, path)),
    route: nameOf(route),
    scopesNeeded: route.scopes,
    cost: route.cost,
    allowed: kind === 'allow',
    logged: false,
    status: 0,
    outcome: '',
  };
}

const names = new WeakMap<Route, string>();

/** As gatehouse.yaml has it: `POST /v1/chat/completions`. */
function nameOf(route: Route): string {
  let name = names.get(route);
  if (name === undefined) {
    name = `${route.method} ${route.pattern}`;
    names.set(route, name);
  }
  return name;
}

/** As the client sees it: without what the upstream's paths begin with, and without the query, which may hold anything. */
function pathWithin({ upstreamBasePath }: PublishedApi, path: string): string {
  const query = path.indexOf('?');
  return path.slice(upstreamBasePath.length, query < 0 ? undefined : query);
}

/** No more of a text than is needed. A copy: what is cut off another text would keep all of that in memory. */
export function bounded(text: string): string {
  return text.length <= LENGTH_MAX ? text : Buffer.from(text.slice(0, LENGTH_MAX)).toString();
}
