import { byObject, groupBy } from './group-by.js';
import type { Finding, History, Violation } from './history.js';
import type { Operation, OperationKind } from './operation.js';

const CHANGES: readonly OperationKind[] = ['create', 'end', 'suspend', 'resume', 'narrow'];

/** What is said of a credential before anybody has created it. */
const ABSENT = 'absent';

interface State {
  readonly verdict: string;
  /** It cannot be seen before this. */
  readonly fromNs: number;
  /** It cannot be seen by who begins after this: a later state has surely come. */
  readonly untilNs: number;
}

/**
 * INV-04, no split verdict: all verdicts on one credential, at whatever gateways, fit one order of its states. Each verdict is
 * that of some moment while its question was under way, and no later question sees an older state.
 *
 * The changes of one credential are made one after the other, by one process, which makes no more of them (but the end of it)
 * once it does not know whether one has happened.
 */
export function oneOrder(history: History): Finding {
  const violations: Violation[] = [];
  let checked = 0;
  for (const group of groupBy(history.operations, ['use', ...CHANGES], byObject).values()) {
    const states = statesOf(group.filter(({ operation, outcome }) => operation !== 'use' && outcome !== 'failed'));
    const uses = group.filter(({ operation, result }) => operation === 'use' && result.verdict !== undefined);
    if (states.length < 2) continue;
    checked += uses.length;
    violations.push(...judge(uses, states));
  }
  return { checked, violations };
}

function statesOf(changes: readonly Operation[]): State[] {
  const endOf = (place: number) =>
    Math.min(
      ...changes
        .slice(place)
        .filter(({ outcome }) => outcome === 'ok')
        .map(({ returnedAtNs }) => returnedAtNs),
    );
  const after = changes.map((change, place) => ({
    verdict: change.arguments.becomes ?? change.operation,
    fromNs: change.startedAtNs,
    untilNs: endOf(place + 1),
  }));
  return [{ verdict: ABSENT, fromNs: Number.NEGATIVE_INFINITY, untilNs: endOf(0) }, ...after];
}

/** Each use sees the earliest state that it can have seen: whatever fits at all, fits so. */
function judge(uses: readonly Operation[], states: readonly State[]): Violation[] {
  const violations: Violation[] = [];
  // Those that are over, the one with the latest state first known: uses are looked at in the order in which they began.
  const pending: { readonly use: Operation; readonly place: number }[] = [];
  let latest: { readonly use: Operation; readonly place: number } | undefined;
  for (const use of uses) {
    for (let index = pending.length - 1; index >= 0; index--) {
      const other = pending[index];
      if (other === undefined || other.use.returnedAtNs >= use.startedAtNs) continue;
      pending.splice(index, 1);
      if (latest === undefined || other.place > latest.place) latest = other;
    }
    const possible = states.flatMap((state, place) => (isPossible(state, use) ? [place] : []));
    const place = possible.find((candidate) => candidate >= (latest?.place ?? 0));
    if (place !== undefined) {
      pending.push({ use, place });
      continue;
    }
    const { verdict } = use.result;
    if (possible.length === 0 || latest === undefined) {
      violations.push({ message: `said ${verdict}, which it was at no moment of the question`, operations: [use] });
    } else {
      const message = `said ${verdict} after ${latest.use.result.verdict} had been said`;
      violations.push({ message, operations: [latest.use, use] });
    }
  }
  return violations;
}

function isPossible(state: State, use: Operation): boolean {
  return state.verdict === use.result.verdict && state.fromNs <= use.returnedAtNs && state.untilNs >= use.startedAtNs;
}
