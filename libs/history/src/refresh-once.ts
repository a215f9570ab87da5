import { byObject, groupBy } from './group-by.js';
import type { Finding, History, Violation } from './history.js';
import type { Operation } from './operation.js';

/** INV-05, a refresh token works once: at most one exchange of it succeeds, and no token is the child of two. */
export function refreshOnce(history: History): Finding {
  const violations: Violation[] = [];
  const parents = new Map<string, Operation>();
  let checked = 0;
  for (const exchanges of groupBy(history.operations, ['exchange'], byObject).values()) {
    checked += exchanges.length;
    const done = exchanges.filter(({ outcome }) => outcome === 'ok');
    if (done.length > 1) violations.push({ message: `exchanged ${done.length} times`, operations: done });
    for (const exchange of done) {
      const { child } = exchange.result;
      if (child === undefined) continue;
      const other = parents.get(child);
      if (other !== undefined && other.object !== exchange.object) {
        violations.push({ message: `${child} has two parents`, operations: [other, exchange] });
      }
      parents.set(child, exchange);
    }
  }
  return { checked, violations };
}
