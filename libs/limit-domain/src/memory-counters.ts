import type { Counter } from './counter.js';
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

  /** How many subjects are held now. */
  get size(): number {
    return this.bySubject.size;
  }

  /** Charges every window of every subject, or none. */
  take(subjects: readonly SubjectLimits[], cost: number, nowMs: number): LimitOutcome {
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
    if (waitMs > 0) return refused(windows, waitMs);
    return shadowRefusals === undefined ? { kind: 'allowed', windows } : { kind: 'allowed', windows, shadowRefusals };
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
