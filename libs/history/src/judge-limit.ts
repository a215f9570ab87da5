import type { HeldLimit, LimitAlgorithm, Violation } from './history.js';
import { LargestSum } from './largest-sum.js';
import type { Operation } from './operation.js';

/** How far the time of day that counts and ours may be apart; and how much two spans of time may differ. */
const TIME_OF_DAY_ERROR_NS = 20e6;
const CLOCK_ERROR_NS = 5e6;

/** A request that got through, and when it can have been counted. */
export interface Admitted {
  readonly operation: Operation;
  readonly fromNs: number;
  readonly untilNs: number;
  readonly cost: number;
}

/** When counters began at zero again: at some moment from the one to the other. */
export interface Loss {
  readonly startedAtNs: number;
  readonly endedAtNs: number;
}

/** What may get through at most, once parts that could not ask have each given away their share. */
interface Bound {
  readonly windowNs: number;
  readonly quota: number;
  readonly holds: number;
  /** What each loss of the counters allows for. */
  readonly perLoss: number;
}

/** @param admitted in the order in which they can have been counted first. @returns what was admitted too often. */
type Judge = (
  admitted: readonly Admitted[],
  bound: Bound,
  losses: readonly Loss[],
  unixNsAtZero: number,
) => Violation | undefined;

const JUDGES: Readonly<Record<LimitAlgorithm, Judge>> = {
  'fixed-window': judgeFixed,
  'sliding-window': judgeSliding,
  'token-bucket': judgeBucket,
};

/** Whether more got through than one limit allows. Only what was certainly counted in an interval is held against it. */
export function judgeLimit(
  admitted: readonly Admitted[],
  limit: HeldLimit,
  losses: readonly Loss[],
  unixNsAtZero: number,
): Violation | undefined {
  const { algorithm, windowSeconds, quota, burst = quota, shares } = limit;
  const withShares = (whole: number) => whole + (shares === undefined ? 0 : Math.max(whole, shares));
  const bound = {
    windowNs: windowSeconds * 1e9,
    quota: withShares(quota),
    holds: withShares(burst),
    perLoss: burst,
  };
  return JUDGES[algorithm](admitted, bound, losses, unixNsAtZero);
}

function judgeFixed(
  admitted: readonly Admitted[],
  { windowNs, quota, perLoss }: Bound,
  losses: readonly Loss[],
  unixNsAtZero: number,
): Violation | undefined {
  const windowOf = (atNs: number) => Math.floor((unixNsAtZero + atNs) / windowNs);
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
    const fromNs = window * windowNs - unixNsAtZero;
    const allowed = quota + perLoss * lossesWithin(losses, fromNs, fromNs + windowNs);
    if (used > allowed)
      return { message: `${used} within one window of ${windowNs / 1e9} s, of ${allowed}`, operations };
  }
  return undefined;
}

function judgeSliding(
  admitted: readonly Admitted[],
  { windowNs, quota, perLoss }: Bound,
  losses: readonly Loss[],
): Violation | undefined {
  const certainNs = windowNs - CLOCK_ERROR_NS;
  const byEnd = inOrderOfEnds(admitted);
  const within = new Set<Admitted>();
  let used = 0;
  let ended = 0;
  // For each interval that begins where a request began: in come those that ended before its end, out go those that began before.
  for (const [index, { fromNs }] of admitted.entries()) {
    const earlier = admitted[index - 1];
    if (earlier !== undefined && within.delete(earlier)) used -= earlier.cost;
    for (let next = byEnd[ended]; next !== undefined && next.untilNs < fromNs + certainNs; next = byEnd[++ended]) {
      if (next.fromNs < fromNs) continue;
      within.add(next);
      used += next.cost;
    }
    const allowed = quota + perLoss * lossesWithin(losses, fromNs, fromNs + certainNs);
    if (used > allowed) {
      return { message: `${used} within ${windowNs / 1e9} s, of ${allowed}`, operations: [...within].map(operationOf) };
    }
  }
  return undefined;
}

/**
 * In no interval more than the bucket holds and what flows in meanwhile. From the last beginning to the first: what has begun by
 * then is charged at the place of its end, so that each end is worth all charges within, less what flowed in. A loss is a charge
 * below nothing, in every interval that touches it.
 */
function judgeBucket(
  admitted: readonly Admitted[],
  { windowNs, quota, holds, perLoss }: Bound,
  losses: readonly Loss[],
): Violation | undefined {
  const perNs = quota / windowNs;
  const byEnd = inOrderOfEnds(admitted);
  const placeOf = new Map(byEnd.map((one, place) => [one, place]));
  const placeFrom = (atNs: number) => byEnd.findIndex(({ untilNs }) => untilNs >= atNs);
  const sums = new LargestSum(byEnd.length);
  const untold = [...losses].sort((one, other) => one.endedAtNs - other.endedAtNs);
  for (let index = admitted.length - 1; index >= 0; index--) {
    const one = admitted[index];
    const place = one === undefined ? undefined : placeOf.get(one);
    if (one === undefined || place === undefined) continue;
    for (let loss = untold.at(-1); loss !== undefined && loss.endedAtNs >= one.fromNs; loss = untold.at(-1)) {
      untold.pop();
      const first = placeFrom(loss.startedAtNs);
      if (first !== -1) sums.charge(first, -perLoss);
    }
    sums.charge(place, one.cost);
    sums.open(place, -one.untilNs * perNs);
    if (sums.largest() + (one.fromNs - CLOCK_ERROR_NS) * perNs <= holds) continue;
    const last = byEnd[sums.placeOfLargest()] ?? one;
    const within = admitted.filter(({ fromNs, untilNs }) => fromNs >= one.fromNs && untilNs <= last.untilNs);
    const used = within.reduce((total, { cost }) => total + cost, 0);
    const seconds = (last.untilNs - one.fromNs) / 1e9;
    const allowed =
      holds + perLoss * lossesWithin(losses, one.fromNs, last.untilNs) + (seconds + CLOCK_ERROR_NS / 1e9) * perNs * 1e9;
    const message = `${used} within ${seconds.toFixed(3)} s, of ${allowed.toFixed(2)}`;
    return { message, operations: within.map(operationOf) };
  }
  return undefined;
}

function inOrderOfEnds(admitted: readonly Admitted[]): Admitted[] {
  return [...admitted].sort((one, other) => one.untilNs - other.untilNs);
}

function operationOf({ operation }: Admitted): Operation {
  return operation;
}

function lossesWithin(losses: readonly Loss[], fromNs: number, untilNs: number): number {
  return losses.filter(({ startedAtNs, endedAtNs }) => startedAtNs <= untilNs && endedAtNs >= fromNs).length;
}
