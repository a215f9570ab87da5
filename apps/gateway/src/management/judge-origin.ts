/** What a browser says of where a request comes from; other clients say nothing. */
export interface StatedOrigin {
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly host: string | undefined;
}

/**
 * Whether a write comes from our own pages, or from no browser at all. `null`, sibling hosts and other ports are foreign.
 * @param ownOrigin origin of PUBLIC_URL
 * @param acceptsOwnHost in development: a page that was loaded under the very host that the request names is ours too
 */
export function isOwnOrigin(stated: StatedOrigin, ownOrigin: string, acceptsOwnHost: boolean): boolean {
  if (stated.secFetchSite !== undefined && stated.secFetchSite !== 'same-origin' && stated.secFetchSite !== 'none') {
    return false;
  }
  if (stated.origin === undefined || stated.origin === ownOrigin) return true;
  return acceptsOwnHost && stated.host !== undefined && stated.origin === `http://${stated.host.toLowerCase()}`;
}
