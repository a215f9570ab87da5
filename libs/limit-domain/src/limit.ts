/** One quota over one window, as a plan states it. */
export interface Limit {
  readonly windowSeconds: number;
  readonly quota: number;
}

/** All limits of one subject. Subjects are named `key:<id>`, `org:<id>`, …; the name is the counter's identity. */
export interface SubjectLimits {
  readonly subject: string;
  readonly limits: readonly Limit[];
}

/** How one window stands after a decision. */
export interface WindowState {
  readonly subject: string;
  readonly windowSeconds: number;
  readonly quota: number;
  /** What is left in the window: after the charge where it was allowed, unchanged where it was refused. */
  readonly remaining: number;
  /** Unix seconds at which the window starts anew. */
  readonly resetAtSeconds: number;
}

/**
 * The answer for one request over all windows of all subjects: all were charged, or none.
 * `retryAfterSeconds` is a promise: a lone caller gets through after exactly that long.
 */
export type LimitOutcome =
  | { readonly kind: 'allowed'; readonly windows: readonly WindowState[] }
  | { readonly kind: 'refused'; readonly windows: readonly WindowState[]; readonly retryAfterSeconds: number };
