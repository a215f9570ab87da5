import type { ProblemCode } from '@gatehouse/contracts/problems';

/** What may be said of one refusal beside its code. Everything here is public. */
export interface ProblemDetails {
  readonly detail?: string;
  /** Field of the request -> what is wrong with it. */
  readonly errors?: Readonly<Record<string, string>>;
  readonly retryAfterSeconds?: number;
  /** For 405: what the resource has. */
  readonly allow?: readonly string[];
}

/** How a controller or guard refuses a request; `problem.filter.ts` writes it. */
export class Refusal extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly details: ProblemDetails = {},
  ) {
    super(code);
  }
}
