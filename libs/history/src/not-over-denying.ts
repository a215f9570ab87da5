import type { Finding, HeldLimit, History, Violation } from './history.js';
import { letThroughOf } from './let-through.js';
import type { Operation } from './operation.js';

/** How far the time of day that counts and ours may be apart. */
const CLOCK_ERROR_NS = 20e6;
/** How long after a fault things may still settle. */
const RECOVERY_NS = 5e9;

/**
 * INV-11, not over-denying: while nothing fails, a request is limited only where as many as the quota may have been charged in
 * the time that the limit looks at; and one that waited for its Retry-After, alone, gets through.
 */
export function notOverDenying(history: History): Finding {
  const letThrough = letThroughOf(history);
  const violations: Violation[] = [];
  let checked = 0;
  const mayBeCharged = chargesBySubject(history);
  for (const use of history.operations) {
    const { subjects = [], afterRetryAfterOf } = use.arguments;
    if (subjects.length === 0 || !isHealthy(history, use)) continue;
    checked++;
    if (use.status !== 429 || letThrough.has(use)) continue;
    const full = subjects.some((subject) =>
      (history.subjects.get(subject) ?? []).some((limit) =>
        mayBeFull(limit, use, mayBeCharged.get(subject), history.unixMsAtZero * 1e6),
      ),
    );
    if (!full) violations.push({ message: 'limited although no limit can have been used up', operations: [use] });
    else if (afterRetryAfterOf !== undefined) {
      violations.push({ message: 'limited although it waited for its Retry-After', operations: [use] });
    }
  }
  return { checked, violations };
}

/** In the order in which they began. */
interface Charges {
  readonly uses: Operation[];
  /** How long the longest of them took. */
  longestNs: number;
}

/** What was let through, and what may have been charged without anybody knowing. */
function chargesBySubject(history: History): ReadonlyMap<string, Charges> {
  const letThrough = letThroughOf(history);
  const bySubject = new Map<string, Charges>();
  for (const use of history.operations) {
    for (const subject of use.arguments.subjects ?? []) {
      if (use.outcome === 'failed' && use.status !== 503 && !letThrough.has(use)) continue;
      const charges = bySubject.get(subject) ?? { uses: [], longestNs: 0 };
      bySubject.set(subject, charges);
      charges.uses.push(use);
      charges.longestNs = Math.max(charges.longestNs, use.returnedAtNs - use.startedAtNs);
    }
  }
  for (const { uses } of bySubject.values()) uses.sort((one, other) => one.startedAtNs - other.startedAtNs);
  return bySubject;
}

function isHealthy(history: History, { startedAtNs, returnedAtNs }: Operation): boolean {
  return !history.faults.some(
    (fault) => fault.startedAtNs <= returnedAtNs && fault.endedAtNs + RECOVERY_NS >= startedAtNs,
  );
}

/** Whether the quota can have been used up at some moment of the question. */
function mayBeFull(limit: HeldLimit, use: Operation, charges: Charges | undefined, unixNsAtZero: number): boolean {
  const windowNs = limit.windowSeconds * 1e9;
  const startOf = (atNs: number) => Math.floor((unixNsAtZero + atNs) / windowNs) * windowNs - unixNsAtZero;
  const { cost = 1 } = use.arguments;
  // A bucket that was full is empty again after one window without use; so what counts began no longer ago than two.
  const backNs = { 'fixed-window': 0, 'sliding-window': windowNs, 'token-bucket': 2 * windowNs }[limit.algorithm];
  const fromNs =
    limit.algorithm === 'fixed-window' ? startOf(use.startedAtNs - CLOCK_ERROR_NS) : use.startedAtNs - backNs;
  if (charges === undefined) return false;
  let used = cost;
  const { uses, longestNs } = charges;
  for (let index = firstFrom(uses, fromNs - CLOCK_ERROR_NS - longestNs); index < uses.length; index++) {
    const charge = uses[index];
    if (charge === undefined || charge.startedAtNs > use.returnedAtNs) break;
    if (charge.id === use.id || charge.returnedAtNs + CLOCK_ERROR_NS < fromNs) continue;
    used += charge.arguments.cost ?? 1;
    if (used > limit.quota) return true;
  }
  return false;
}

/** The place of the first that began at this moment or later. */
function firstFrom(uses: readonly Operation[], fromNs: number): number {
  let low = 0;
  let high = uses.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((uses[middle]?.startedAtNs ?? 0) < fromNs) low = middle + 1;
    else high = middle;
  }
  return low;
}
