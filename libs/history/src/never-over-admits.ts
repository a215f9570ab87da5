import type { Fault, Finding, HeldLimit, History, LimitAlgorithm, Violation } from './history.js';
import { letThroughOf } from './let-through.js';
import type { Operation } from './operation.js';

/** How far the time of day that counts and ours may be apart; and how much two spans of time may differ. */
const TIME_OF_DAY_ERROR_NS = 20e6;
const CLOCK_ERROR_NS = 5e6;

/** A request that got through, and when it can have been counted. */
interface Admitted {
  readonly operation: Operation;
  readonly fromNs: number;
  readonly untilNs: number;
  readonly cost: number;
}

/** @param losses how often counters began at zero again between two moments. @returns what was admitted too often. */
type Judge = (admitted: readonly Admitted[], limit: HeldLimit, world: World) => Violation | undefined;

interface World {
  readonly unixNsAtZero: number;
  readonly lossesWithin: (fromNs: number, untilNs: number) => number;
}

const JUDGES: Readonly<Record<LimitAlgorithm, Judge>> = {
  'fixed-window': judgeFixed,
  'sliding-window': judgeSliding,
  'token-bucket': judgeBucket,
};

/**
 * INV-10, never over-admits: what got through of each subject stays within every limit that it has. Only what was certainly
 * counted in an interval is held against it. Each fault that loses the counters allows for one quota more in the windows that it
 * touches, unless `survivesLoss` says that the system promises more.
 */
export function neverOverAdmits(history: History, { survivesLoss = false } = {}): Finding {
  const losing = survivesLoss ? [] : history.faults.filter(({ losesCounters }) => losesCounters === true);
  const world: World = {
    unixNsAtZero: history.unixMsAtZero * 1e6,
    lossesWithin: (fromNs, untilNs) => losing.filter((fault) => overlaps(fault, fromNs, untilNs)).length,
  };
  const violations: Violation[] = [];
  let checked = 0;
  for (const [subject, admitted] of admittedBySubject(history)) {
    checked += admitted.length;
    for (const limit of history.subjects.get(subject) ?? []) {
      const found = JUDGES[limit.algorithm](admitted, limit, world);
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

function judgeFixed(
  admitted: readonly Admitted[],
  { windowSeconds, quota }: HeldLimit,
  world: World,
): Violation | undefined {
  const windowNs = windowSeconds * 1e9;
  const windowOf = (atNs: number) => Math.floor((world.unixNsAtZero + atNs) / windowNs);
  const windows = new Map<number, { operations: Operation[]; used: number }>();
  for (const { operation, fromNs, untilNs, cost } of admitted) {
    const window = windowOf(fromNs - TIME_OF_DAY_ERROR_NS);
    if (window !== windowOf(untilNs + TIME_OF_DAY_ERROR_NS)) continue;
    const known = windows.get(window) ?? { operations: [], used: 0 };
    windows.set(window, known);
    known.operations.push(operation);
    known.used += cost;
  }
  for (const [window, { operations, used }] of windows) {
    const fromNs = window * windowNs - world.unixNsAtZero;
    const allowed = quota * (1 + world.lossesWithin(fromNs, fromNs + windowNs));
    if (used > allowed)
      return { message: `${used} within one window of ${windowSeconds} s, of ${allowed}`, operations };
  }
  return undefined;
}

function judgeSliding(
  admitted: readonly Admitted[],
  { windowSeconds, quota }: HeldLimit,
  world: World,
): Violation | undefined {
  const windowNs = windowSeconds * 1e9 - CLOCK_ERROR_NS;
  const byEnd = [...admitted].sort((one, other) => one.untilNs - other.untilNs);
  const within = new Set<Admitted>();
  let used = 0;
  let ended = 0;
  // For each interval that begins where a request began: in come those that ended before its end, out go those that began before.
  for (const [index, { fromNs }] of admitted.entries()) {
    const earlier = admitted[index - 1];
    if (earlier !== undefined && within.delete(earlier)) used -= earlier.cost;
    for (let next = byEnd[ended]; next !== undefined && next.untilNs < fromNs + windowNs; next = byEnd[++ended]) {
      if (next.fromNs < fromNs) continue;
      within.add(next);
      used += next.cost;
    }
    const allowed = quota * (1 + world.lossesWithin(fromNs, fromNs + windowNs));
    if (used > allowed) {
      return { message: `${used} within ${windowSeconds} s, of ${allowed}`, operations: [...within].map(operationOf) };
    }
  }
  return undefined;
}

function judgeBucket(
  admitted: readonly Admitted[],
  { windowSeconds, quota }: HeldLimit,
  world: World,
): Violation | undefined {
  const perNs = quota / (windowSeconds * 1e9);
  const byEnd = [...admitted].sort((one, other) => one.untilNs - other.untilNs);
  let left = admitted.reduce((total, { cost }) => total + cost, 0);
  for (const { fromNs, cost } of admitted) {
    let used = 0;
    const within: Operation[] = [];
    for (const other of byEnd) {
      if (other.fromNs < fromNs) continue;
      used += other.cost;
      within.push(other.operation);
      const fill = (other.untilNs - fromNs + CLOCK_ERROR_NS) * perNs;
      const allowed = quota * (1 + world.lossesWithin(fromNs, other.untilNs)) + fill;
      // Later ends allow more still: all that is left fits.
      if (allowed >= left) break;
      if (used > allowed) {
        const seconds = ((other.untilNs - fromNs) / 1e9).toFixed(3);
        return { message: `${used} within ${seconds} s, of ${allowed.toFixed(2)}`, operations: within };
      }
    }
    left -= cost;
  }
  return undefined;
}

function operationOf({ operation }: Admitted): Operation {
  return operation;
}

function overlaps(fault: Fault, fromNs: number, untilNs: number): boolean {
  return fault.startedAtNs <= untilNs && fault.endedAtNs >= fromNs;
}
