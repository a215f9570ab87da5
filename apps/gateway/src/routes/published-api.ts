import type { Api, Catalog } from '@gatehouse/catalog/api';
import { type CompiledRoute, compileRoutes } from './match-route.js';

/** One place where a credential may be, ready to be compared with raw headers. */
export interface CredentialPlace {
  /** Lower case. */
  readonly header: string;
  /** Lower case; undefined: the whole value is the credential. */
  readonly scheme: string | undefined;
}

/** One API as the data plane uses it: everything that does not depend on the request is worked out once. */
export interface PublishedApi {
  readonly api: Api;
  readonly routes: readonly CompiledRoute[];
  readonly places: readonly CredentialPlace[];
  readonly refusesBrowsers: boolean;
  /** Origin of the upstream. */
  readonly upstreamOrigin: string;
  /** What the upstream's paths begin with, without a trailing slash; mostly empty. */
  readonly upstreamBasePath: string;
}

export interface ApiTable {
  readonly byHost: ReadonlyMap<string, PublishedApi>;
  readonly byName: ReadonlyMap<string, PublishedApi>;
}

/**
 * @param exampleUpstreamUrl where `upstream: example` leads.
 * @throws Error for an upstream that is not an http address, and for `example` where there is none.
 */
export function publishApis(catalog: Catalog, exampleUpstreamUrl?: string): ApiTable {
  const byHost = new Map<string, PublishedApi>();
  const byName = new Map<string, PublishedApi>();
  for (const api of catalog.apis) {
    const published = publish(api, exampleUpstreamUrl);
    byName.set(api.name, published);
    for (const host of api.hosts) byHost.set(host.toLowerCase(), published);
  }
  return { byHost, byName };
}

function publish(api: Api, exampleUpstreamUrl: string | undefined): PublishedApi {
  const upstream = upstreamUrl(api, exampleUpstreamUrl);
  return {
    api,
    routes: compileRoutes(api.routes),
    places: api.profile.credentials.map(({ header, scheme }) => ({
      header: header.toLowerCase(),
      scheme: scheme?.toLowerCase(),
    })),
    refusesBrowsers: api.profile.browserRequests === 'refuse',
    upstreamOrigin: upstream.origin,
    upstreamBasePath: upstream.pathname.replace(/\/+$/, ''),
  };
}

function upstreamUrl(api: Api, exampleUpstreamUrl: string | undefined): URL {
  const address = api.upstream === 'example' ? exampleUpstreamUrl : api.upstream;
  if (address === undefined) throw new Error(`the API ${api.name} uses the example upstream, which is not running`);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Error(`the upstream of the API ${api.name} is not an http or https address`);
  }
  return url;
}
