import type { AlgorithmName, Limit } from './limit.js';

/**
 * What one subject has used of one window, as one algorithm counts it. `advance` comes before every other question of the
 * same moment.
 */
export interface Counter {
  readonly algorithm: AlgorithmName;
  readonly windowSeconds: number;
  /** Whether it counts for a limit in shadow: such a one is charged only what that limit would let through. */
  readonly shadow: boolean;
  /** What counts now, rounded up; more than the quota where that was lowered. */
  readonly used: number;
  /** Lets go of what is over. @param limit that it counts for from now on, where that is asked. */
  advance(nowMs: number, limit?: Limit): void;
  /** 0 where the cost fits now; else how long a lone caller waits until it does, or a whole window where it never will. */
  waitMs(limit: Limit, cost: number, nowMs: number): number;
  /** Counts the cost, whether it fits or not. */
  charge(cost: number, nowMs: number): void;
  /** When there is more left than now, if nothing is charged until then. */
  moreAtMs(limit: Limit, nowMs: number): number;
  /** Whether nothing is lost where it is forgotten. */
  isOver(nowMs: number): boolean;
}
