import type { Fault, Finding, History, Violation } from './history.js';
import { letThroughOf } from './let-through.js';
import type { Operation } from './operation.js';

const GRACE_MS = 1_000;

/**
 * INV-13, bounded and correct answers: every question ends within its deadline and a second, but where the part that was asked
 * was itself at fault meanwhile; an answer names the id of its own request, and its body is what the upstream sent.
 */
export function boundedAndWhole(history: History): Finding {
  const letThrough = letThroughOf(history);
  const violations: Violation[] = [];
  let checked = 0;
  for (const operation of history.operations) {
    const { deadlineMs } = operation.arguments;
    if (deadlineMs === undefined) continue;
    checked++;
    const tookMs = (operation.returnedAtNs - operation.startedAtNs) / 1e6;
    if (tookMs > deadlineMs + GRACE_MS && !history.faults.some((fault) => explains(fault, operation))) {
      violations.push({
        message: `took ${Math.round(tookMs)} ms, with a deadline of ${deadlineMs} ms`,
        operations: [operation],
      });
    }
    if (operation.outcome !== 'ok') continue;
    const { requestId, whole } = operation.result;
    const arrived = letThrough.arrivalOf(operation);
    if (whole === false)
      violations.push({ message: 'its body is not what the upstream sent', operations: [operation] });
    if (arrived !== undefined && requestId !== undefined && arrived.requestId !== requestId) {
      violations.push({
        message: `names ${requestId}, the upstream saw ${arrived.requestId}`,
        operations: [operation],
      });
    }
  }
  return { checked, violations };
}

function explains(fault: Fault, { via, startedAtNs, returnedAtNs }: Operation): boolean {
  return fault.target === via && fault.startedAtNs <= returnedAtNs && fault.endedAtNs >= startedAtNs;
}
