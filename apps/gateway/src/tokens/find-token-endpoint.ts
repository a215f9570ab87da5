import { normalisePath } from '../routes/normalise-path.js';
import type { PublishedApi } from '../routes/published-api.js';
import { splitTarget } from '../routes/split-target.js';

/** What the gateway answers itself under paths of an API. `query`: something stands in the query, where no secret may be. */
export type TokenEndpoint = 'token' | 'refresh' | 'query';

/** The endpoint of the API's profile that a request is for; undefined: it is for the API itself. */
export function findTokenEndpoint({ api }: PublishedApi, method: string, target: string): TokenEndpoint | undefined {
  const endpoints = api.profile.tokens?.endpoints;
  if (endpoints === undefined || method !== 'POST') return undefined;
  const split = splitTarget(target);
  if (split === undefined) return undefined;
  const normal = normalisePath(split.path);
  if (normal.kind === 'ambiguous') return undefined;
  const endpoint =
    normal.path === endpoints.token ? 'token' : normal.path === endpoints.refresh ? 'refresh' : undefined;
  return endpoint !== undefined && split.query !== '' ? 'query' : endpoint;
}
