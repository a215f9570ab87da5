import { type Allotment, allotmentEndMs, leastRemaining, lesserOf, REQUESTS_MIN, unitsAhead } from './allotment.js';
import type { WindowState } from './limit.js';
import { RecentUse } from './recent-use.js';

/** Who has not used anything for so long gives back what is left. */
const IDLE_MS = 100;
/** How long is waited with the next question where nothing was to be had. */
const QUIET_MS = 200;
/** More is asked for when less than this part of the last allotment is left. */
const REFILL_BELOW = 1 / 4;

interface Portion {
  readonly id: string;
  left: number;
}

/** What one process holds of one caller's quotas, charged ahead. Times are milliseconds of its monotonic clock. */
export class UnitsAhead {
  /** In the order in which they came; all were charged in the same windows. */
  private portions: Portion[] = [];
  private left = 0;
  private endsAtMs = Number.NEGATIVE_INFINITY;
  /** How the windows stood after the last of the charges. */
  private windows: readonly WindowState[] = [];
  /** How they stood after the last request that was charged by itself while units were asked for. */
  private heard: readonly WindowState[] = [];
  private lastUnits = 0;
  private lastUsedMs = 0;
  /** The least that was left in any window, as far as is known. */
  private remaining = 0;
  private isAsking = false;
  private quietUntilMs = Number.NEGATIVE_INFINITY;
  private returns: Allotment[] = [];
  private readonly recent = new RecentUse();

  /** Whether nothing is held, awaited or to be given back. */
  get isEmpty(): boolean {
    return this.portions.length === 0 && this.returns.length === 0 && !this.isAsking;
  }

  /**
   * Spends the cost of one request.
   * @returns how the windows stand then: what was left of them, and what is still held here. Undefined: not enough is held.
   */
  take(cost: number, nowMs: number): readonly WindowState[] | undefined {
    if (cost > 0) this.recent.note(cost, nowMs);
    if (this.left === 0 || cost > this.left || nowMs >= this.endsAtMs) return undefined;
    if (cost > 0) this.spend(cost, nowMs);
    const { left } = this;
    // Said field by field: this runs for every request. A fixed window has no other ones.
    return this.windows.map(({ subject, windowSeconds, quota, remaining, resetAtSeconds }) => ({
      subject,
      windowSeconds,
      quota,
      remaining: remaining + left,
      resetAtSeconds,
    }));
  }

  /** How many units to ask for now, for requests of this cost; 0: none. */
  wanted(cost: number, nowMs: number): number {
    if (this.isAsking || nowMs < this.quietUntilMs || this.recent.requests < REQUESTS_MIN) return 0;
    if (nowMs < this.endsAtMs && this.left >= this.lastUnits * REFILL_BELOW) return 0;
    return unitsAhead(this.recent.units, this.remaining, cost);
  }

  /** Notes how the windows stood after a charge that was asked for. */
  hear(windows: readonly WindowState[]): void {
    this.remaining = leastRemaining(windows);
    this.heard = windows;
    this.windows = lesserOf(this.windows, windows);
  }

  /** Notes that units were asked for; `receive` or `goWithout` has to follow. */
  ask(): void {
    this.isAsking = true;
    this.heard = [];
  }

  /** @param sentAtMs before the question was sent */
  receive(
    allotment: Allotment,
    { windows, endsInMs }: { readonly windows: readonly WindowState[]; readonly endsInMs: number },
    sentAtMs: number,
    nowMs: number,
  ): void {
    this.isAsking = false;
    this.remaining = leastRemaining(windows);
    const endsAtMs = allotmentEndMs(sentAtMs, endsInMs);
    if (nowMs >= endsAtMs) {
      this.returns.push(allotment);
      // A window that is over for allotments goes on for a moment.
      this.quietUntilMs = nowMs + Math.min(endsInMs, QUIET_MS);
      return;
    }
    // What has ended was charged in other windows perhaps. What has not was charged in the same ones.
    if (nowMs >= this.endsAtMs) this.letGo();
    this.portions.push({ id: allotment.id, left: allotment.units });
    this.left += allotment.units;
    this.endsAtMs = Math.max(this.endsAtMs, endsAtMs);
    this.windows = lesserOf(windows, this.heard);
    this.lastUnits = allotment.units;
    this.lastUsedMs = nowMs;
  }

  /** Nothing was to be had. @param allotment to be given back: nobody knows whether it was charged */
  goWithout(nowMs: number, allotment?: Allotment): void {
    this.isAsking = false;
    this.quietUntilMs = nowMs + QUIET_MS;
    if (allotment !== undefined) this.returns.push(allotment);
  }

  /** Lets go of what has ended or is not used. @returns what is to be given back, once */
  release(nowMs: number): readonly Allotment[] {
    if (nowMs >= this.endsAtMs || nowMs - this.lastUsedMs >= IDLE_MS) this.letGo();
    const { returns } = this;
    this.returns = [];
    return returns;
  }

  /** Lets go of everything. @returns what is to be given back, once */
  releaseAll(): readonly Allotment[] {
    return this.release(Number.POSITIVE_INFINITY);
  }

  private spend(cost: number, nowMs: number): void {
    this.left -= cost;
    this.lastUsedMs = nowMs;
    for (let open = cost; open > 0; ) {
      const portion = this.portions[0] as Portion;
      const spent = Math.min(open, portion.left);
      portion.left -= spent;
      open -= spent;
      if (portion.left === 0) this.portions.shift();
    }
  }

  private letGo(): void {
    for (const { id, left } of this.portions) this.returns.push({ id, units: left });
    this.portions = [];
    this.left = 0;
    this.endsAtMs = Number.NEGATIVE_INFINITY;
  }
}
