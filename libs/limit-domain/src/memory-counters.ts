import { type Counter, turnOver, windowStartSeconds } from './counter.js';
import { judgeLimits } from './judge-limits.js';
import type { LimitOutcome, SubjectLimits } from './limit.js';

/** How many subjects each decision looks at to see whether they are over: the work is bounded, and keeps up with growth. */
const SUBJECTS_SWEPT_PER_TAKE = 2;

/** Counters of one process: for a limiter that runs alone, and for the share of a gateway whose limiter is away. */
export class MemoryCounters {
  private readonly bySubject = new Map<string, Counter[]>();
  private sweeper = this.bySubject.entries();

  /** How many subjects are held now. */
  get size(): number {
    return this.bySubject.size;
  }

  /** Charges every window of every subject, or none. */
  take(subjects: readonly SubjectLimits[], cost: number, nowMs: number): LimitOutcome {
    const counters: Counter[] = [];
    for (const { subject, limits } of subjects) {
      const held = this.countersOf(subject);
      for (const { windowSeconds } of limits) counters.push(counterOf(held, windowSeconds, nowMs));
    }
    const outcome = judgeLimits(subjects, counters, cost, nowMs);
    if (outcome.kind === 'allowed') charge(counters, cost);
    this.sweep(nowMs);
    return outcome;
  }

  private countersOf(subject: string): Counter[] {
    const held = this.bySubject.get(subject);
    if (held !== undefined) return held;
    const fresh: Counter[] = [];
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
      if (counters.every((counter) => isOver(counter, nowMs))) this.bySubject.delete(subject);
    }
  }
}

/** A subject has a handful of windows: looking through them beats a second map. */
function counterOf(held: Counter[], windowSeconds: number, nowMs: number): Counter {
  for (const counter of held) {
    if (counter.windowSeconds !== windowSeconds) continue;
    turnOver(counter, nowMs);
    return counter;
  }
  const fresh = { windowSeconds, startSeconds: windowStartSeconds(windowSeconds, nowMs), used: 0 };
  held.push(fresh);
  return fresh;
}

/** A counter that a query names twice, with two quotas say, is one counter: it is charged once. */
function charge(counters: readonly Counter[], cost: number): void {
  counters.forEach((counter, index) => {
    if (counters.indexOf(counter) === index) counter.used += cost;
  });
}

function isOver({ startSeconds, windowSeconds }: Counter, nowMs: number): boolean {
  return (startSeconds + windowSeconds) * 1_000 <= nowMs;
}
