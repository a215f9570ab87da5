import type { Api, Catalog } from '@gatehouse/catalog/api';
import { MANAGEMENT_API } from '@gatehouse/catalog/management-api';
import { type KeyPrefix, readPrefixes } from '@gatehouse/key-domain/key-prefix';
import { type CredentialPlace, credentialPlaces } from './credential-places.js';
import { type ImportedForm, type ImportPeppers, importedForms } from './imported-forms.js';
import { type CompiledRoute, compileRoutes } from './match-route.js';

/** One API as the data plane uses it: everything that does not depend on the request is worked out once. */
export interface PublishedApi {
  readonly api: Api;
  readonly routes: readonly CompiledRoute[];
  readonly places: readonly CredentialPlace[];
  /** What its keys begin with. */
  readonly keyPrefixes: readonly KeyPrefix[];
  /** Keys of former systems that go on working. */
  readonly importedForms: readonly ImportedForm[];
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
 * @param peppers of former systems.
 * @throws Error for an upstream that is not an http address, for `example` where there is none, and for a pepper that is
 * not there.
 */
export function publishApis(
  catalog: Catalog,
  exampleUpstreamUrl?: string,
  peppers: ImportPeppers = new Map(),
): ApiTable {
  const byHost = new Map<string, PublishedApi>();
  const byName = new Map<string, PublishedApi>();
  for (const api of catalog.apis) {
    const published = publish(api, exampleUpstreamUrl, peppers);
    byName.set(api.name, published);
    for (const host of api.hosts) byHost.set(host.toLowerCase(), published);
  }
  return { byHost, byName };
}

/** All that keys are made for, by name: the published APIs, and the management API, which is served elsewhere. */
export function apisWithKeys({ byName }: ApiTable): ReadonlyMap<string, PublishedApi> {
  return new Map([...byName, [MANAGEMENT_API.name, publish(MANAGEMENT_API, undefined, new Map())]]);
}

function publish(api: Api, exampleUpstreamUrl: string | undefined, peppers: ImportPeppers): PublishedApi {
  const upstream = upstreamUrl(api, exampleUpstreamUrl);
  return {
    api,
    routes: compileRoutes(api.routes),
    places: credentialPlaces(api.profile),
    keyPrefixes: readPrefixes(api.profile.key.prefixes),
    importedForms: importedForms(api, peppers),
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
