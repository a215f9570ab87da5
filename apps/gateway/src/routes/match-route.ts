import type { Route } from '@gatehouse/catalog/api';
import { foldSegment } from './fold-segment.js';
import { normalisePath } from './normalise-path.js';

/** The segment of a pattern that has to be the id of the key's project [T2]. */
const PROJECT = '{project}';

/** A route whose pattern was taken apart once, at the start. */
export interface CompiledRoute {
  readonly route: Route;
  readonly pattern: readonly string[];
  /** Which segment names the key's project; -1: none does. */
  readonly projectAt: number;
  /** The pattern as a server reads it that takes different spellings for one. */
  readonly folded: readonly string[];
}

/**
 * Takes an API's route table apart.
 * @throws Error for a pattern that no request can match, because it is not in plain form itself.
 */
export function compileRoutes(routes: readonly Route[]): readonly CompiledRoute[] {
  return routes.map((route) => {
    const projectAt = route.pattern.split('/').indexOf(PROJECT) - 1;
    const normal = normalisePath(route.pattern.replace(PROJECT, '*'));
    if (normal.kind === 'ambiguous') throw new Error(`the route pattern ${route.pattern} is not a plain path`);
    return {
      route,
      projectAt: Math.max(projectAt, -1),
      pattern: normal.segments,
      folded: normal.segments.map(foldSegment),
    };
  });
}

/** The first row that matches, or undefined. `HEAD` asks for what `GET` would answer, so it needs what `GET` needs. */
export function matchRoute(
  routes: readonly CompiledRoute[],
  method: string,
  segments: readonly string[],
): CompiledRoute | undefined {
  for (const row of routes) {
    if (matchesMethod(row.route.method, method) && matchesPath(row.pattern, segments)) return row;
  }
  return undefined;
}

/**
 * Whether a server that takes different spellings for one would do what an earlier row guards, while the row that the
 * exact path falls under lacks one of its scopes.
 * @param matched what `matchRoute` has found for the same request.
 */
export function evadesScopes(
  routes: readonly CompiledRoute[],
  method: string,
  segments: readonly string[],
  matched: Route,
): boolean {
  const folded = segments.map(foldSegment);
  for (const { route, folded: pattern } of routes) {
    if (route === matched) return false;
    if (matchesMethod(route.method, method) && matchesPath(pattern, folded)) {
      return !route.scopes.every((scope) => matched.scopes.includes(scope));
    }
  }
  return false;
}

function matchesMethod(wanted: string, method: string): boolean {
  return wanted === '*' || wanted === method || (wanted === 'GET' && method === 'HEAD');
}

/**
 * `*` is one segment, `**` any number, also none. Going back only to the last `**` keeps this within pattern times path.
 */
function matchesPath(pattern: readonly string[], segments: readonly string[]): boolean {
  let at = 0;
  let next = 0;
  let lastDeep = -1;
  let resumeAt = 0;
  while (at < segments.length) {
    const wanted = pattern[next];
    if (wanted === '**') {
      lastDeep = next++;
      resumeAt = at;
    } else if (wanted !== undefined && (wanted === '*' || wanted === segments[at])) {
      at++;
      next++;
    } else if (lastDeep >= 0) {
      next = lastDeep + 1;
      at = ++resumeAt;
    } else {
      return false;
    }
  }
  while (pattern[next] === '**') next++;
  return next === pattern.length;
}
