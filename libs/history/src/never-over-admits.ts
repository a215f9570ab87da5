import type { Finding, History, Violation } from './history.js';
import { type Admitted, judgeLimit } from './judge-limit.js';
import { letThroughOf } from './let-through.js';

/**
 * INV-10, never over-admits: what got through of each subject stays within every limit that it has. Each fault that loses the
 * counters allows for one quota more in the windows that it touches, unless `survivesLoss` says that the system promises more;
 * so does one that loses a share, where shares are enforced.
 */
export function neverOverAdmits(history: History, { survivesLoss = false } = {}): Finding {
  const losing = history.faults.filter(({ losesCounters }) => losesCounters === true && !survivesLoss);
  const losingShares = [...losing, ...history.faults.filter(({ losesShares }) => losesShares === true)];
  const violations: Violation[] = [];
  let checked = 0;
  for (const [subject, admitted] of admittedBySubject(history)) {
    checked += admitted.length;
    for (const limit of history.subjects.get(subject) ?? []) {
      const losses = limit.shares === undefined ? losing : losingShares;
      const found = judgeLimit(admitted, limit, losses, history.unixMsAtZero * 1e6);
      if (found !== undefined) violations.push({ ...found, message: `${subject}: ${found.message}` });
    }
  }
  return { checked, violations };
}

/** Sorted by when they can have been counted first. */
function admittedBySubject(history: History): ReadonlyMap<string, readonly Admitted[]> {
  const letThrough = letThroughOf(history);
  const bySubject = new Map<string, Admitted[]>();
  for (const operation of history.operations) {
    const { subjects = [], cost = 1 } = operation.arguments;
    if (subjects.length === 0 || !letThrough.has(operation)) continue;
    const untilNs = letThrough.arrivalOf(operation)?.atNs ?? operation.returnedAtNs;
    for (const subject of subjects) {
      const admitted = bySubject.get(subject) ?? [];
      bySubject.set(subject, admitted);
      admitted.push({ operation, fromNs: operation.startedAtNs, untilNs, cost });
    }
  }
  for (const admitted of bySubject.values()) admitted.sort((one, other) => one.fromNs - other.fromNs);
  return bySubject;
}
