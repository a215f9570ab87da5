import type { Counter } from './counter.js';
import type { Limit } from './limit.js';

/** So many charges are remembered to the millisecond; with more, those of one part of the window become one. */
export const CHARGES_MAX = 256;
/** Parts of the window: with more than so many charges, one may count up to so much of the window longer, never less. */
export const PARTS = 128;

/**
 * A log of charges, each of which counts for exactly the window's length: never more than the quota in any interval of
 * that length. Its memory is bounded (docs/decisions/0016-limits-by-three-algorithms.md).
 */
export class SlidingWindow implements Counter {
  readonly algorithm = 'sliding-window';
  readonly windowSeconds: number;
  readonly shadow: boolean;
  used = 0;
  private times: number[] = [];
  private costs: number[] = [];
  /** Entries before it are over. */
  private first = 0;

  constructor({ windowSeconds, shadow }: Limit, used: number, nowMs: number) {
    this.windowSeconds = windowSeconds;
    this.shadow = shadow === true;
    this.charge(used, nowMs);
  }

  advance(nowMs: number): void {
    const { times } = this;
    const overUntilMs = nowMs - this.windowSeconds * 1_000;
    while (this.first < times.length && (times[this.first] as number) <= overUntilMs) {
      this.used -= this.costs[this.first++] as number;
    }
    if (this.first > CHARGES_MAX) this.forget();
    // After a clock was set back: what it says of these is not true any more, so they count a window from now.
    for (let index = times.length - 1; index >= this.first && (times[index] as number) > nowMs; index--) {
      times[index] = nowMs;
    }
  }

  waitMs({ quota }: Limit, cost: number, nowMs: number): number {
    let tooMuch = this.used + cost - quota;
    if (tooMuch <= 0) return 0;
    for (let index = this.first; cost <= quota && index < this.times.length; index++) {
      tooMuch -= this.costs[index] as number;
      if (tooMuch <= 0) return (this.times[index] as number) + this.windowSeconds * 1_000 - nowMs;
    }
    return this.windowSeconds * 1_000;
  }

  charge(cost: number, nowMs: number): void {
    if (cost === 0) return;
    const last = this.times.length - 1;
    this.used += cost;
    if (last >= this.first && this.times[last] === nowMs) {
      this.costs[last] = (this.costs[last] as number) + cost;
      return;
    }
    this.times.push(nowMs);
    this.costs.push(cost);
    if (this.times.length - this.first > CHARGES_MAX) this.joinParts();
  }

  moreAtMs(limit: Limit, nowMs: number): number {
    if (this.used === 0) return nowMs + this.windowSeconds * 1_000;
    return nowMs + this.waitMs(limit, Math.max(0, limit.quota - this.used) + 1, nowMs);
  }

  isOver(nowMs: number): boolean {
    const last = this.times[this.times.length - 1];
    return last === undefined || last + this.windowSeconds * 1_000 <= nowMs;
  }

  private forget(): void {
    this.times.splice(0, this.first);
    this.costs.splice(0, this.first);
    this.first = 0;
  }

  /** Charges of one part of the window become one, at the time of the last of them: none ends early by that. */
  private joinParts(): void {
    const partMs = Math.ceil((this.windowSeconds * 1_000) / PARTS);
    const times: number[] = [];
    const costs: number[] = [];
    for (let index = this.first; index < this.times.length; index++) {
      const time = this.times[index] as number;
      const cost = this.costs[index] as number;
      const last = times.length - 1;
      if (last >= 0 && Math.floor((times[last] as number) / partMs) === Math.floor(time / partMs)) {
        times[last] = time;
        costs[last] = (costs[last] as number) + cost;
      } else {
        times.push(time);
        costs.push(cost);
      }
    }
    this.times = times;
    this.costs = costs;
    this.first = 0;
  }
}
