import { groupBy } from './group-by.js';
import type { Finding, History, Violation } from './history.js';
import { letThroughOf } from './let-through.js';
import { isAfter, type Operation } from './operation.js';

/**
 * INV-06, reuse ends the family: once an exchange of a token of the family was refused for the token's sake (400 or 401; not
 * 429, not 503), the token was used before or the family has ended; both mean that nothing of it works for who begins later.
 */
export function reuseEndsFamily(history: History): Finding {
  const letThrough = letThroughOf(history);
  const violations: Violation[] = [];
  let checked = 0;
  for (const members of groupBy(
    history.operations,
    ['exchange', 'use'],
    ({ arguments: { family } }) => family,
  ).values()) {
    let refused: Operation | undefined;
    for (const member of members) {
      if (isRefusal(member) && (refused === undefined || member.returnedAtNs < refused.returnedAtNs)) refused = member;
    }
    if (refused === undefined) continue;
    for (const member of members) {
      if (!isAfter(member, refused)) continue;
      checked++;
      if (letThrough.has(member))
        violations.push({ message: 'worked after its family had ended', operations: [refused, member] });
    }
  }
  return { checked, violations };
}

function isRefusal({ operation, outcome, status }: Operation): boolean {
  return operation === 'exchange' && outcome === 'failed' && (status === 400 || status === 401);
}
