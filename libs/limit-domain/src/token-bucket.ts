import type { Counter } from './counter.js';
import { capacityOf, type Limit } from './limit.js';

/**
 * The largest product of a bucket's size and its window in milliseconds: below it all of the arithmetic is whole numbers,
 * exact in JavaScript and in Lua alike.
 */
export const PRODUCT_MAX = 2 ** 52;

/** How many tokens a bucket over this window may hold, and how many may flow in during the window. */
export function tokensMax(windowSeconds: number): number {
  return Math.floor(PRODUCT_MAX / (windowSeconds * 1_000));
}

/**
 * A bucket of tokens that fills at an even pace, a quota in each window: at most its size at once, and in any time its size and
 * what flows in during that time. What is missing is counted in tokens times milliseconds of the window.
 */
export class TokenBucket implements Counter {
  readonly algorithm = 'token-bucket';
  readonly windowSeconds: number;
  readonly shadow: boolean;
  private readonly windowMs: number;
  private quota: number;
  private missing: number;
  private atMs: number;

  constructor({ windowSeconds, quota, shadow }: Limit, used: number, nowMs: number) {
    this.windowSeconds = windowSeconds;
    this.shadow = shadow === true;
    this.windowMs = windowSeconds * 1_000;
    this.quota = quota;
    this.missing = Math.min(PRODUCT_MAX, used * this.windowMs);
    this.atMs = nowMs;
  }

  get used(): number {
    return Math.ceil(this.missing / this.windowMs);
  }

  /** A clock that was set back fills nothing. Until now it fills at the pace that it had, from now on at that of the limit. */
  advance(nowMs: number, limit?: Limit): void {
    this.missing = this.missingAt(nowMs);
    this.atMs = nowMs;
    if (limit !== undefined) this.quota = limit.quota;
  }

  waitMs(limit: Limit, cost: number): number {
    const capacity = capacityOf(limit);
    const tooMuch = this.missing + (cost - capacity) * this.windowMs;
    if (tooMuch <= 0) return 0;
    return cost > capacity ? this.windowMs : Math.ceil(tooMuch / this.quota);
  }

  charge(cost: number): void {
    this.missing = Math.min(PRODUCT_MAX, this.missing + cost * this.windowMs);
  }

  moreAtMs(limit: Limit, nowMs: number): number {
    if (this.missing === 0) return nowMs;
    return nowMs + this.waitMs(limit, Math.max(0, capacityOf(limit) - this.used) + 1);
  }

  isOver(nowMs: number): boolean {
    return this.missingAt(nowMs) === 0;
  }

  private missingAt(nowMs: number): number {
    return Math.max(0, this.missing - Math.max(0, nowMs - this.atMs) * this.quota);
  }
}
