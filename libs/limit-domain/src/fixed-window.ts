import type { Counter } from './counter.js';
import type { Limit } from './limit.js';

/** Unix seconds at which the window around `nowMs` started: windows start at multiples of their length. */
function windowStartSeconds(windowSeconds: number, nowMs: number): number {
  const nowSeconds = Math.floor(nowMs / 1_000);
  return nowSeconds - (nowSeconds % windowSeconds);
}

/** One count for a window that is aligned to the clock. */
export class FixedWindow implements Counter {
  readonly algorithm = 'fixed-window';
  readonly windowSeconds: number;
  readonly shadow: boolean;
  used: number;
  /** Unix seconds at which the window began that is counted now. */
  startSeconds: number;

  constructor({ windowSeconds, shadow }: Limit, used: number, nowMs: number) {
    this.windowSeconds = windowSeconds;
    this.shadow = shadow === true;
    this.used = used;
    this.startSeconds = windowStartSeconds(windowSeconds, nowMs);
  }

  /**
   * A clock that was set back by less than a window goes on counting in the window that it had reached, one that was set
   * back further counts on in the window that it is in now: setting it back never gives a quota twice.
   */
  advance(nowMs: number): void {
    const startSeconds = windowStartSeconds(this.windowSeconds, nowMs);
    if (startSeconds === this.startSeconds || startSeconds === this.startSeconds - this.windowSeconds) return;
    if (startSeconds > this.startSeconds) this.used = 0;
    this.startSeconds = startSeconds;
  }

  waitMs({ quota }: Limit, cost: number, nowMs: number): number {
    return this.used + cost <= quota ? 0 : Math.max(1, this.endsAtMs() - nowMs);
  }

  charge(cost: number): void {
    this.used += cost;
  }

  /** Uncharges what was charged in the window that began then and was never used; another window knows nothing of it. */
  giveBack(units: number, startSeconds: number): void {
    if (startSeconds === this.startSeconds) this.used = Math.max(0, this.used - units);
  }

  moreAtMs(): number {
    return this.endsAtMs();
  }

  isOver(nowMs: number): boolean {
    return this.endsAtMs() <= nowMs;
  }

  private endsAtMs(): number {
    return (this.startSeconds + this.windowSeconds) * 1_000;
  }
}
