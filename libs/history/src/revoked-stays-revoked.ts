import { byObject, groupBy } from './group-by.js';
import type { Finding, History, Violation } from './history.js';
import { letThroughOf } from './let-through.js';
import { isAfter, type Operation } from './operation.js';

/**
 * INV-02, a revocation is final: after one use was told `revoked`, none that begins later is let through, at any gateway.
 * This needs no answer to the revoke itself.
 */
export function revokedStaysRevoked(history: History): Finding {
  const letThrough = letThroughOf(history);
  const violations: Violation[] = [];
  let checked = 0;
  for (const uses of groupBy(history.operations, ['use'], byObject).values()) {
    let told: Operation | undefined;
    for (const use of uses) {
      if (use.result.verdict === 'revoked' && (told === undefined || use.returnedAtNs < told.returnedAtNs)) told = use;
    }
    if (told === undefined) continue;
    for (const use of uses) {
      if (!isAfter(use, told)) continue;
      checked++;
      if (!letThrough.has(use)) continue;
      violations.push({ message: 'let through after it was said to be revoked', operations: [told, use] });
    }
  }
  return { checked, violations };
}
