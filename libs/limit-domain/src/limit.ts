/** How a quota is counted over its window. */
export type AlgorithmName = 'fixed-window' | 'sliding-window' | 'token-bucket';

/** One quota over one window, as a plan states it. */
export interface Limit {
  readonly windowSeconds: number;
  readonly quota: number;
  /** Without one, `fixed-window`. */
  readonly algorithm?: Exclude<AlgorithmName, 'fixed-window'>;
  /** What a token bucket holds when it is full; without one, the quota. */
  readonly burst?: number;
  /** Counted, and said where it would have refused; never enforced. */
  readonly shadow?: true;
}

/** All limits of one subject. Subjects are named `key:<id>`, `org:<id>`, …; the name is the counter's identity. */
export interface SubjectLimits {
  readonly subject: string;
  readonly limits: readonly Limit[];
}

/** How one window stands after a decision. Limits in shadow have none. */
export interface WindowState {
  readonly subject: string;
  readonly windowSeconds: number;
  readonly quota: number;
  /** What `remaining` is counted down from, where that is not the quota: the burst of a token bucket. */
  readonly capacity?: number;
  /** What is left in the window: after the charge where it was allowed, unchanged where it was refused. */
  readonly remaining: number;
  /** Unix seconds from which there is more than `remaining`, if nothing is charged until then. */
  readonly resetAtSeconds: number;
}

/** A limit in shadow that would have refused what was allowed. */
export interface ShadowRefusal {
  readonly subject: string;
  readonly limit: Limit;
}

/**
 * The answer for one request over all windows of all subjects: all were charged, or none.
 * `retryAfterSeconds` is a promise: a lone caller gets through after exactly that long.
 */
export type LimitOutcome =
  | {
      readonly kind: 'allowed';
      readonly windows: readonly WindowState[];
      readonly shadowRefusals?: readonly ShadowRefusal[];
      /** The store has lost what was used of some window before: by what it knows the request fits. */
      readonly isUncertain?: true;
    }
  | { readonly kind: 'refused'; readonly windows: readonly WindowState[]; readonly retryAfterSeconds: number };

/** The most that can be charged at once. */
export function capacityOf({ quota, burst }: Limit): number {
  return burst ?? quota;
}
