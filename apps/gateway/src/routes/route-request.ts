import type { Route } from '@gatehouse/catalog/api';
import { isFoldable } from './fold-segment.js';
import { evadesScopes, matchRoute } from './match-route.js';
import { normalisePath } from './normalise-path.js';
import type { PublishedApi } from './published-api.js';
import { splitTarget } from './split-target.js';

/** The row of the route table that a request falls under, and the path that goes upstream because it was judged. */
export interface Routed {
  readonly kind: 'routed';
  readonly route: Route;
  readonly path: string;
  /** The project that the path names; null: the route asks for none. */
  readonly projectId: string | null;
}

export type RoutedRequest = Routed | { readonly kind: 'refused'; readonly code: 'path_ambiguous' | 'route_unknown' };

/** What APIs are made of. `TRACE` would send credentials back; a method that nobody knows follows no rule. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']);

const AMBIGUOUS: RoutedRequest = { kind: 'refused', code: 'path_ambiguous' };
const UNKNOWN: RoutedRequest = { kind: 'refused', code: 'route_unknown' };

/** Brings the target into its one plain form and finds its route. */
export function routeRequest(published: PublishedApi, method: string, target: string): RoutedRequest {
  const split = splitTarget(target);
  if (split === undefined) return AMBIGUOUS;
  const normal = normalisePath(split.path);
  if (normal.kind === 'ambiguous') return AMBIGUOUS;
  const row = METHODS.has(method) ? matchRoute(published.routes, method, normal.segments) : undefined;
  if (row === undefined) return UNKNOWN;
  const { route, projectAt } = row;
  if (isFoldable(normal.path) && evadesScopes(published.routes, method, normal.segments, route)) return AMBIGUOUS;
  const path = published.upstreamBasePath + normal.path + split.query;
  return { kind: 'routed', route, path, projectId: normal.segments[projectAt] ?? null };
}
