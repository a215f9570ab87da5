/** An answer of the platform, as commands read it. */
export interface HttpAnswer {
  readonly status: number;
  /** Of the Retry-After header, where it says seconds. */
  readonly retryAfterSeconds: number | null;
  /** Undefined: the body is not JSON. */
  readonly json: unknown;
}
