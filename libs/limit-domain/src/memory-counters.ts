import { type Allotment, type AllotOutcome, canBeAllotted, firstEndInMs } from './allotment.js';
import type { Counter } from './counter.js';
import { IssuedAllotments } from './issued-allotments.js';
import { judgeLimits, refused, windowState } from './judge-limits.js';
import type { LimitOutcome, ShadowRefusal, SubjectLimits, WindowState } from './limit.js';
import { SubjectCounters } from './subject-counters.js';

/** How many subjects each decision looks at to see whether they are over: the work is bounded, and keeps up with growth. */
const SUBJECTS_SWEPT_PER_TAKE = 2;
/** How long a subject outlives its windows, for a clock that is set back a little. */
const SLACK_MS = 5_000;

/** Counters of one process: for a limiter that runs alone, and for the share of a gateway whose limiter is away. */
export class MemoryCounters {
  private readonly bySubject = new Map<string, SubjectCounters>();
  private sweeper = this.bySubject.entries();
  private readonly issued = new IssuedAllotments();

  /** How many subjects are held now. */
  get size(): number {
    return this.bySubject.size;
  }

  /** Charges every window of every subject, or none. */
  take(subjects: readonly SubjectLimits[], cost: number, nowMs: number): LimitOutcome {
    return this.decide(subjects, cost, nowMs).outcome;
  }

  /** Charges units ahead, as `take` does, where these are limits of which that can be done. */
  allot({ id, units }: Allotment, subjects: readonly SubjectLimits[], nowMs: number): AllotOutcome {
    if (!canBeAllotted(subjects)) return { kind: 'none' };
    const { outcome, counters } = this.decide(subjects, units, nowMs);
    if (outcome.kind === 'refused') return { kind: 'none' };
    this.issued.note(id, units, counters, nowMs);
    return { kind: 'allotted', windows: outcome.windows, endsInMs: firstEndInMs(outcome.windows, nowMs) };
  }

  /** Takes back what was not used of an allotment. What is not known, or was taken back before, changes nothing. */
  giveBack({ id, units }: Allotment, nowMs: number): void {
    this.issued.giveBack(id, units, nowMs);
  }

  private decide(
    subjects: readonly SubjectLimits[],
    cost: number,
    nowMs: number,
  ): { readonly outcome: LimitOutcome; readonly counters: readonly Counter[] } {
    const held = subjects.map(({ subject }) => this.countersOf(subject));
    const counters: Counter[] = [];
    subjects.forEach(({ limits }, index) => {
      for (const limit of limits) counters.push((held[index] as SubjectCounters).counterOf(limit, nowMs));
    });
    const waitMs = judgeLimits(subjects, counters, cost, nowMs);
    const shadowRefusals = waitMs === 0 ? charge(subjects, counters, cost, nowMs) : undefined;
    if (waitMs === 0) {
      held.forEach((one, index) => {
        one.chargeOthers(subjects[index]?.limits ?? [], counters, cost, nowMs);
      });
    }
    const windows = windowsOf(subjects, counters, nowMs);
    this.sweep(nowMs);
    if (waitMs > 0) return { outcome: refused(windows, waitMs), counters };
    const shadows = shadowRefusals === undefined ? {} : { shadowRefusals };
    return { outcome: { kind: 'allowed', windows, ...shadows }, counters };
  }

  private countersOf(subject: string): SubjectCounters {
    const held = this.bySubject.get(subject);
    if (held !== undefined) return held;
    const fresh = new SubjectCounters();
    this.bySubject.set(subject, fresh);
    return fresh;
  }

  private sweep(nowMs: number): void {
    for (let left = SUBJECTS_SWEPT_PER_TAKE; left > 0; left--) {
      const next = this.sweeper.next();
      if (next.done === true) {
        this.sweeper = this.bySubject.entries();
        return;
      }
      const [subject, counters] = next.value;
      if (counters.isOver(nowMs - SLACK_MS)) this.bySubject.delete(subject);
    }
  }
}

function windowsOf(subjects: readonly SubjectLimits[], counters: readonly Counter[], nowMs: number): WindowState[] {
  const windows: WindowState[] = [];
  let index = 0;
  for (const { subject, limits } of subjects) {
    for (const limit of limits) {
      const counter = counters[index++] as Counter;
      if (limit.shadow === true) continue;
      windows.push(windowState(subject, limit, counter.used, counter.moreAtMs(limit, nowMs)));
    }
  }
  return windows;
}

/**
 * A counter that a query names twice, with two quotas say, is one counter: it is charged once.
 * @returns the limits in shadow into which the cost did not fit; they are not charged. Undefined where there is none.
 */
function charge(
  subjects: readonly SubjectLimits[],
  counters: readonly Counter[],
  cost: number,
  nowMs: number,
): ShadowRefusal[] | undefined {
  let shadowRefusals: ShadowRefusal[] | undefined;
  let index = 0;
  for (const { subject, limits } of subjects) {
    for (const limit of limits) {
      const counter = counters[index++] as Counter;
      if (limit.shadow === true && counter.waitMs(limit, cost, nowMs) > 0) {
        shadowRefusals ??= [];
        shadowRefusals.push({ subject, limit });
      } else if (counters.indexOf(counter) === index - 1) {
        counter.charge(cost, nowMs);
      }
    }
  }
  return shadowRefusals;
}
