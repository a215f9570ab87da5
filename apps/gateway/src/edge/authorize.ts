import type { PublishedApi } from '../routes/published-api.js';
import type { Routed } from '../routes/route-request.js';
import { authorizeSecret, type EdgePorts } from './authorize-secret.js';
import { authorizeToken, type FindPerson } from './authorize-token.js';
import { comesFromBrowser } from './comes-from-browser.js';
import { type Decision, deny } from './decision.js';
import { isAccessToken } from './is-access-token.js';
import { hasCredentialInQuery } from './query-credential.js';
import { readCredential } from './read-credential.js';

/** What the decision reads of a request. */
export interface EdgeRequest {
  /** Names and values in turn, as they arrived. */
  readonly rawHeaders: readonly string[];
  readonly method: string;
  /** The client's own address. */
  readonly address: string;
}

/** All that the hot path needs of the world outside. */
export interface DoorPorts extends EdgePorts {
  readonly findPerson: FindPerson;
}

/**
 * THE HOT PATH: credential -> decision; `authorizeSecret` and `authorizeToken` have the second half. Used unchanged by
 * every door that gets a request with a credential on it. It never throws for what a client did.
 */
export async function authorize(
  request: EdgeRequest,
  published: PublishedApi,
  { route, path, projectId }: Routed,
  ports: DoorPorts,
): Promise<Decision> {
  const credential = readCredential(request.rawHeaders, published.places);
  if (credential.kind === 'refused') return deny(credential.code);
  if (hasCredentialInQuery(path, published.keyPrefixes)) return deny('credential_repeated');
  const needs = {
    published,
    scopesNeeded: route.scopes,
    permissions: null,
    cost: route.cost,
    address: request.address,
    projectId,
    isRead: isRead(request.method),
    fromBrowser: published.refusesBrowsers && comesFromBrowser(request.rawHeaders),
  };
  return isAccessToken(credential, published)
    ? authorizeToken(credential.secret, needs, ports)
    : authorizeSecret(credential.secret, needs, ports);
}

/** Methods that change nothing (RFC 9110 section 9.2.1). */
function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}
