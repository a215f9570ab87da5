import { listText, type Problem } from './problem.js';
import type { Profile } from './profile-schema.js';

/** What must fit together where a profile takes access tokens. */
export function checkTokens({ tokens, scopes, key }: Profile): Problem[] {
  if (tokens === undefined) return [];
  const path = ['tokens'];
  const known = Object.keys(scopes);
  const problems: Problem[] = Object.entries(tokens.scopes).flatMap(([role, names]) =>
    names.flatMap((scope, index) =>
      known.includes(scope)
        ? []
        : [
            {
              path: [...path, 'scopes', role, index],
              message: `there is no scope ${scope}; known are ${listText(known)}`,
            },
          ],
    ),
  );
  const { endpoints } = tokens;
  if (tokens.accepts.includes('own') !== (endpoints !== undefined)) {
    const message = 'own tokens are issued by endpoints: name both, or neither';
    problems.push({ path: [...path, 'accepts'], message });
  }
  if (endpoints === undefined) return problems;
  if (endpoints.token === endpoints.refresh) {
    problems.push({ path: [...path, 'endpoints', 'refresh'], message: 'must be another path than token' });
  }
  const { refreshPrefix } = endpoints;
  const alike = Object.entries(key.prefixes).find(
    ([, prefix]) => prefix.startsWith(refreshPrefix) || refreshPrefix.startsWith(prefix),
  );
  if (alike !== undefined) {
    const message = `cannot be told from keys of ${alike[0]}, which begin with ${alike[1]}`;
    problems.push({ path: [...path, 'endpoints', 'refreshPrefix'], message });
  }
  return problems;
}
