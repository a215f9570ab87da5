import { openCounter } from './algorithms.js';
import type { Counter } from './counter.js';
import type { Limit } from './limit.js';

interface Held {
  readonly counter: Counter;
  /** When a query named it last. */
  namedAtMs: number;
}

/** The counters of one subject: one for each window and way of counting that was asked for. */
export class SubjectCounters {
  private held: Held[] = [];
  /** Whether one window may have several counters; fixed windows that are enforced have one each. */
  private isMixed = false;

  /** The counter of a limit, advanced to now. A new one takes for used what the others of its window have counted. */
  counterOf(limit: Limit, nowMs: number): Counter {
    const found = this.find(limit);
    if (found !== undefined) {
      found.namedAtMs = nowMs;
      found.counter.advance(nowMs, limit);
      return found.counter;
    }
    if (limit.algorithm !== undefined || limit.shadow === true) this.isMixed = true;
    const counter = openCounter(limit, this.isMixed ? this.usedOf(limit, nowMs) : 0, nowMs);
    this.held.push({ counter, namedAtMs: nowMs });
    return counter;
  }

  /**
   * Charges those counters of the windows of these limits that the query did not name: what is counted one way now may be
   * counted another way in a moment, by a gateway that has another plan. Those that nobody has named for a whole window
   * are let go where nothing of them counts any more, or where another one has counted the window since.
   */
  chargeOthers(limits: readonly Limit[], named: readonly Counter[], cost: number, nowMs: number): void {
    if (!this.isMixed) return;
    this.held = this.held.filter(
      ({ counter, namedAtMs }) =>
        isPlain(counter) ||
        !isLongAgo(counter, namedAtMs, nowMs) ||
        !(
          counter.isOver(nowMs) ||
          limits.some(({ windowSeconds, shadow }) => windowSeconds === counter.windowSeconds && shadow !== true)
        ),
    );
    this.isMixed = this.held.some(({ counter }) => !isPlain(counter));
    for (const { counter } of this.held) {
      if (counter.shadow || named.includes(counter)) continue;
      if (!limits.some(({ windowSeconds }) => windowSeconds === counter.windowSeconds)) continue;
      counter.advance(nowMs);
      counter.charge(cost, nowMs);
    }
  }

  isOver(nowMs: number): boolean {
    return this.held.every(({ counter }) => counter.isOver(nowMs));
  }

  /** A subject has a handful of windows: looking through them beats a map. */
  private find({ windowSeconds, algorithm, shadow }: Limit): Held | undefined {
    for (const held of this.held) {
      const { counter } = held;
      if (
        counter.windowSeconds === windowSeconds &&
        counter.algorithm === (algorithm ?? 'fixed-window') &&
        counter.shadow === (shadow === true)
      ) {
        return held;
      }
    }
    return undefined;
  }

  private usedOf({ windowSeconds }: Limit, nowMs: number): number {
    let used = 0;
    for (const { counter } of this.held) {
      if (counter.windowSeconds !== windowSeconds) continue;
      counter.advance(nowMs);
      used = Math.max(used, counter.used);
    }
    return used;
  }
}

function isPlain({ algorithm, shadow }: Counter): boolean {
  return algorithm === 'fixed-window' && !shadow;
}

function isLongAgo({ windowSeconds }: Counter, namedAtMs: number, nowMs: number): boolean {
  return namedAtMs + windowSeconds * 1_000 <= nowMs;
}
