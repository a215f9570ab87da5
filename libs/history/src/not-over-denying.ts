import type { Fault, Finding, HeldLimit, History, Violation } from './history.js';
import { letThroughOf } from './let-through.js';
import type { Operation } from './operation.js';

/** How far the time of day that counts and ours may be apart. */
const CLOCK_ERROR_NS = 20e6;
/** How long after a fault things may still settle. */
const RECOVERY_NS = 5e9;
/** What took longer than this is looked through apart, so that the others can be found by when they began. */
const LONG_NS = 0.5e9;

/**
 * INV-11, not over-denying: while nothing fails, a request is limited only where as many as the quota, less what may be held of it
 * ahead, may have been charged in the time that the limit looks at; and one that waited for its Retry-After, alone, gets through.
 */
export function notOverDenying(history: History): Finding {
  const letThrough = letThroughOf(history);
  const isHealthy = healthOf(history.faults);
  const violations: Violation[] = [];
  let checked = 0;
  const mayBeCharged = chargesBySubject(history);
  for (const use of history.operations) {
    const { subjects = [], afterRetryAfterOf } = use.arguments;
    if (subjects.length === 0 || !isHealthy(use)) continue;
    checked++;
    if (!isLimited(use) || letThrough.has(use)) continue;
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

function isLimited({ status, result }: Operation): boolean {
  return status === 429 || result.limited === true;
}

/** In the order in which they began. */
interface Charges {
  readonly short: Operation[];
  readonly long: Operation[];
}

/** What was let through, and what may have been charged without anybody knowing. */
function chargesBySubject(history: History): ReadonlyMap<string, Charges> {
  const letThrough = letThroughOf(history);
  const bySubject = new Map<string, Charges>();
  for (const use of history.operations) {
    for (const subject of use.arguments.subjects ?? []) {
      if (!letThrough.has(use) && !mayBeChargedUnseen(use, history.subjects.get(subject))) continue;
      const charges = bySubject.get(subject) ?? { short: [], long: [] };
      bySubject.set(subject, charges);
      (use.returnedAtNs - use.startedAtNs > LONG_NS ? charges.long : charges.short).push(use);
    }
  }
  for (const charges of bySubject.values()) {
    for (const uses of [charges.short, charges.long]) uses.sort((one, other) => one.startedAtNs - other.startedAtNs);
  }
  return bySubject;
}

/** A refusal by a share comes after a question that may have been charged, though no answer came in time. */
function mayBeChargedUnseen({ outcome, status }: Operation, limits: readonly HeldLimit[] = []): boolean {
  return outcome !== 'failed' || status === 503 || limits.some(({ shares }) => shares !== undefined);
}

/** @returns whether nothing failed while an operation was under way, nor shortly before. */
function healthOf(faults: readonly Fault[]): (operation: Operation) => boolean {
  const spells: { fromNs: number; untilNs: number }[] = [];
  for (const { startedAtNs, endedAtNs } of [...faults].sort((one, other) => one.startedAtNs - other.startedAtNs)) {
    const untilNs = endedAtNs + RECOVERY_NS;
    const last = spells.at(-1);
    if (last === undefined || last.untilNs < startedAtNs) spells.push({ fromNs: startedAtNs, untilNs });
    else last.untilNs = Math.max(last.untilNs, untilNs);
  }
  return ({ startedAtNs, returnedAtNs }) => {
    const next = spells[firstFrom(spells, startedAtNs, ({ untilNs }) => untilNs)];
    return next === undefined || next.fromNs > returnedAtNs;
  };
}

/** Whether the quota can have been used up at some moment of the question. */
function mayBeFull(limit: HeldLimit, use: Operation, charges: Charges | undefined, unixNsAtZero: number): boolean {
  if (charges === undefined) return false;
  const { algorithm, windowSeconds, quota, burst = quota, shares, heldAhead = 0 } = limit;
  const windowNs = windowSeconds * 1e9;
  const startOf = (atNs: number) => Math.floor((unixNsAtZero + atNs) / windowNs) * windowNs - unixNsAtZero;
  // A bucket that was full is empty again after the time in which it fills up, without use; so what counts began no longer ago than twice that.
  const backNs = { 'fixed-window': 0, 'sliding-window': windowNs, 'token-bucket': (2 * windowNs * burst) / quota }[
    algorithm
  ];
  const fromNs = algorithm === 'fixed-window' ? startOf(use.startedAtNs - CLOCK_ERROR_NS) : use.startedAtNs - backNs;
  const least = (shares === undefined ? burst : Math.max(1, Math.floor(burst / shares))) - heldAhead;
  let used = use.arguments.cost ?? 1;
  for (const [uses, longestNs] of [
    [charges.short, LONG_NS],
    [charges.long, Number.POSITIVE_INFINITY],
  ] as const) {
    const first = firstFrom(uses, fromNs - CLOCK_ERROR_NS - longestNs, ({ startedAtNs }) => startedAtNs);
    for (let index = first; index < uses.length; index++) {
      const charge = uses[index];
      if (charge === undefined || charge.startedAtNs > use.returnedAtNs) break;
      if (charge.id === use.id || charge.returnedAtNs + CLOCK_ERROR_NS < fromNs) continue;
      used += charge.arguments.cost ?? 1;
      if (used > least) return true;
    }
  }
  return false;
}

/** The place of the first whose moment is this one or later, where all are in the order of these moments. */
function firstFrom<Item>(items: readonly Item[], fromNs: number, momentOf: (item: Item) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && momentOf(item) < fromNs) low = middle + 1;
    else high = middle;
  }
  return low;
}
