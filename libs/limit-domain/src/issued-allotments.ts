import type { Counter } from './counter.js';
import { FixedWindow } from './fixed-window.js';

/** How long a limiter knows an allotment: far longer than one is used and what is left of it travels. */
export const KNOWN_FOR_MS = 10_000;

interface Issued {
  readonly units: number;
  readonly charged: readonly { readonly counter: FixedWindow; readonly startSeconds: number }[];
  readonly untilMs: number;
}

/**
 * What was charged ahead, and in which windows. Each allotment is taken back once, at most as much as it was, and only from
 * windows that still are the ones that were charged: a message that comes twice, late or after a loss gives nobody a quota.
 */
export class IssuedAllotments {
  /** In the order in which they end. */
  private readonly byId = new Map<string, Issued>();

  /** @param counters that were charged; one that is there twice was charged once */
  note(id: string, units: number, counters: readonly Counter[], nowMs: number): void {
    this.forgetOld(nowMs);
    const charged = [...new Set(counters)]
      .filter((counter): counter is FixedWindow => counter instanceof FixedWindow)
      .map((counter) => ({ counter, startSeconds: counter.startSeconds }));
    this.byId.delete(id);
    this.byId.set(id, { units, charged, untilMs: nowMs + KNOWN_FOR_MS });
  }

  giveBack(id: string, units: number, nowMs: number): void {
    const issued = this.byId.get(id);
    if (issued === undefined) return;
    this.byId.delete(id);
    if (issued.untilMs <= nowMs) return;
    for (const { counter, startSeconds } of issued.charged) {
      counter.giveBack(Math.min(units, issued.units), startSeconds);
    }
  }

  private forgetOld(nowMs: number): void {
    for (const [id, { untilMs }] of this.byId) {
      if (untilMs > nowMs) return;
      this.byId.delete(id);
    }
  }
}
