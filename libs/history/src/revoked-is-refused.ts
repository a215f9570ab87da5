import { byObject, groupBy } from './group-by.js';
import type { Finding, History, Violation } from './history.js';
import { letThroughOf } from './let-through.js';
import { isAfter, type Operation, type OperationKind } from './operation.js';

const KINDS: readonly OperationKind[] = ['use', 'end', 'suspend', 'resume'];

/**
 * INV-01, linearizable revoke: no use that began after a revoke (or a disable) had returned is let through, unless somebody
 * had begun to enable the credential again before that use was over.
 */
export function revokedIsRefused(history: History): Finding {
  const letThrough = letThroughOf(history);
  const violations: Violation[] = [];
  let checked = 0;
  for (const group of groupBy(history.operations, KINDS, byObject).values()) {
    const closings = group.filter(({ operation, outcome }) => isClosing(operation) && outcome === 'ok');
    if (closings.length === 0) continue;
    const openings = group.filter(({ operation }) => operation === 'resume');
    for (const use of group) {
      if (use.operation !== 'use') continue;
      const before = closings.find((closing) => isAfter(use, closing) && !mayBeUndone(closing, use, openings));
      if (before === undefined) continue;
      checked++;
      if (letThrough.has(use))
        violations.push({ message: 'let through after it was ended', operations: [before, use] });
    }
  }
  return { checked, violations };
}

function isClosing(kind: OperationKind): boolean {
  return kind === 'end' || kind === 'suspend';
}

/** What is ended stays so; what is suspended may be open again from the moment on at which that was asked for. */
function mayBeUndone(closing: Operation, use: Operation, openings: readonly Operation[]): boolean {
  if (closing.operation === 'end') return false;
  return openings.some(
    (opening) => opening.returnedAtNs > closing.startedAtNs && opening.startedAtNs < use.returnedAtNs,
  );
}
