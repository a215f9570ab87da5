import type { Operation } from './operation.js';

/** A request that got through, as the upstream saw it. */
export interface Arrival {
  /** The id of the operation. */
  readonly operation: number;
  readonly atNs: number;
  /** The id that the gateway gave to the request. */
  readonly requestId: string | null;
}

/** Something that was done to a part. */
export interface Fault {
  readonly kind: string;
  /** A part as `Operation.via` names it, or another one. */
  readonly target: string;
  readonly startedAtNs: number;
  /** When it was undone. */
  readonly endedAtNs: number;
  /** Whether limits were counted from zero again after it. */
  readonly losesCounters?: boolean;
  /** Whether one part that enforces a share of limits counted from zero again after it. */
  readonly losesShares?: boolean;
}

export type LimitAlgorithm = 'fixed-window' | 'sliding-window' | 'token-bucket';

/**
 * `fixed-window`: aligned to the time of day. `sliding-window`: at most the quota in any interval of this length.
 * `token-bucket`: holds `burst`
 * (without it, the quota), and the quota flows in evenly within this length.
 */
export interface HeldLimit {
  readonly algorithm: LimitAlgorithm;
  readonly windowSeconds: number;
  readonly quota: number;
  readonly burst?: number;
  /**
   * While the counters cannot be asked, so many parts enforce a share of it each, and what they let through comes on top: the
   * quota divided by them, at least 1. Without it, nothing is let through meanwhile.
   */
  readonly shares?: number;
  /** So much of it processes may hold ahead of their requests, or have lost; without it nothing. */
  readonly heldAhead?: number;
}

export interface History {
  readonly operations: readonly Operation[];
  readonly arrivals: readonly Arrival[];
  readonly faults: readonly Fault[];
  /** What is counted, by name, with all limits that hold for it. */
  readonly subjects: ReadonlyMap<string, readonly HeldLimit[]>;
  /** The time of day at nanosecond 0 of the monotonic clock, Unix milliseconds. */
  readonly unixMsAtZero: number;
}

/** A record of a history that breaks a promise, and the operations that show it. */
export interface Violation {
  readonly message: string;
  readonly operations: readonly Operation[];
}

/** What a checker found. `checked`: how many operations it has judged; none means that it has shown nothing. */
export interface Finding {
  readonly checked: number;
  readonly violations: readonly Violation[];
}
