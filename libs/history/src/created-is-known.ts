import { byObject, groupBy } from './group-by.js';
import type { Finding, History, Violation } from './history.js';
import { isAfter, type OperationKind } from './operation.js';

const KINDS: readonly OperationKind[] = ['use', 'create', 'end', 'suspend', 'narrow'];

/** What says that a credential is not good. */
const REFUSALS: ReadonlySet<number | null> = new Set([401, 403, 404]);

/**
 * INV-03, read your create: what was created is never said to be unknown or bad, until somebody begins to take it away. Whoever
 * cannot say answers 503.
 */
export function createdIsKnown(history: History): Finding {
  const violations: Violation[] = [];
  let checked = 0;
  for (const group of groupBy(history.operations, KINDS, byObject).values()) {
    const created = group.find(({ operation, outcome }) => operation === 'create' && outcome === 'ok');
    if (created === undefined) continue;
    const taken = group.find(({ operation }) => operation !== 'use' && operation !== 'create');
    const untilNs = taken?.startedAtNs ?? Number.POSITIVE_INFINITY;
    for (const use of group) {
      if (use.operation !== 'use' || !isAfter(use, created) || use.returnedAtNs >= untilNs) continue;
      checked++;
      if (use.outcome === 'failed' && REFUSALS.has(use.status)) {
        violations.push({ message: `refused with ${use.status} although it was created`, operations: [created, use] });
      }
    }
  }
  return { checked, violations };
}
