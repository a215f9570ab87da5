/** One request with a key whose whole secret was right, whatever came of it. */
export interface Use {
  readonly keyId: string;
  /** Which of the key's secrets it came with, and whether a rotation has replaced that one. */
  readonly generation: number;
  readonly retiring: boolean;
  readonly requestId: string;
  /** When it was decided; Unix milliseconds. */
  readonly atMs: number;
  readonly address: string;
  readonly userAgent: string;
  readonly method: string;
  /** In plain form, without the query. */
  readonly path: string;
  /** The row of the route table that it fell under, as `POST /v1/chat/completions`. */
  readonly route: string;
  readonly scopesNeeded: readonly string[];
  readonly cost: number;
  /** Whether it was let through: only then it has used the scopes that it needed, and cost something. */
  readonly allowed: boolean;
  /** Whether it goes into the request log; decided where it is counted. */
  logged: boolean;
  /** How it ended; told last. */
  status: number;
  outcome: string;
}
