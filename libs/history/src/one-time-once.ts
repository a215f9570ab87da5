import { byObject, groupBy } from './group-by.js';
import type { Finding, History, Violation } from './history.js';
import { isAfter } from './operation.js';

/** INV-07, what works once works once, ever; and nothing of a set works for who begins after the set was replaced. */
export function oneTimeOnce(history: History): Finding {
  const violations: Violation[] = [];
  let checked = 0;
  for (const spends of groupBy(history.operations, ['spend'], byObject).values()) {
    checked += spends.length;
    const done = spends.filter(({ outcome }) => outcome === 'ok');
    if (done.length > 1) violations.push({ message: `worked ${done.length} times`, operations: done });
  }
  const replaced = groupBy(history.operations, ['replace'], byObject);
  for (const [set, spends] of groupBy(history.operations, ['spend'], ({ arguments: { set } }) => set)) {
    const replacement = replaced.get(set)?.find(({ outcome }) => outcome === 'ok');
    if (replacement === undefined) continue;
    for (const spend of spends) {
      if (spend.outcome !== 'ok' || !isAfter(spend, replacement)) continue;
      violations.push({ message: 'worked after its set was replaced', operations: [replacement, spend] });
    }
  }
  return { checked, violations };
}
