import { byObject, groupBy } from './group-by.js';
import type { Finding, History, Violation } from './history.js';
import { letThroughOf } from './let-through.js';
import { isAfter, type Operation } from './operation.js';

/**
 * INV-02, a revocation is final: after one use was told `revoked`, none that begins later is let through, at any gateway.
 * This needs no answer to the revoke itself; where there was none until then, the violation says so.
 */
export function revokedStaysRevoked(history: History): Finding {
  const letThrough = letThroughOf(history);
  const violations: Violation[] = [];
  let checked = 0;
  for (const group of groupBy(history.operations, ['use', 'end'], byObject).values()) {
    const uses = group.filter(({ operation }) => operation === 'use');
    const ends = group.filter(({ operation, outcome }) => operation === 'end' && outcome === 'ok');
    let told: Operation | undefined;
    for (const use of uses) {
      if (use.result.verdict === 'revoked' && (told === undefined || use.returnedAtNs < told.returnedAtNs)) told = use;
    }
    if (told === undefined) continue;
    for (const use of uses) {
      if (!isAfter(use, told)) continue;
      checked++;
      if (!letThrough.has(use)) continue;
      const whileUnderWay = !ends.some((end) => isAfter(use, end));
      const message = 'let through after it was said to be revoked';
      violations.push({ message, operations: [told, use], ...(whileUnderWay ? { whileUnderWay } : {}) });
    }
  }
  return { checked, violations };
}
