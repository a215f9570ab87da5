/**
 * What a client can do to an object. What the words mean is told by the checkers alone:
 *
 * - `use`: presents a credential (object) at a door. `ok`: let through.
 * - `create`: the credential (object) is good from now on. `end`: it is never good again. `suspend`, `resume`, `narrow`:
 *   it is good for less, or again for all.
 * - `exchange`: a refresh token (object) for the next one, `result.child`.
 * - `spend`: a value that works once (object). `replace`: a new set of such values; those of the set (object) are void.
 * - `answer-code`: a code of the authenticator of an account (object).
 * - `open-session`: a session (object) of an account. `change-credential`: of an account (object), which ends its sessions.
 */
export type OperationKind =
  | 'use'
  | 'create'
  | 'end'
  | 'suspend'
  | 'resume'
  | 'narrow'
  | 'exchange'
  | 'spend'
  | 'replace'
  | 'answer-code'
  | 'open-session'
  | 'change-credential';

/** What a client said, as far as a checker needs it. */
interface OperationArguments {
  /** `use`: whose limits are charged; names of `History.subjects`. */
  readonly subjects?: readonly string[];
  /** `use`: what one such request costs; 1 without it. */
  readonly cost?: number;
  /** `use`: this credential was never given to anybody. */
  readonly neverValid?: boolean;
  /** `use`: an earlier operation by its id, which was refused until now by its Retry-After. */
  readonly afterRetryAfterOf?: number;
  /** How long it may take, milliseconds. */
  readonly deadlineMs?: number;
  /** `use`, `open-session`, `answer-code`: whose it is. */
  readonly account?: string;
  /** `use`, `exchange`: the family of a refresh token, or of an access token. */
  readonly family?: string;
  /** `spend`: the set that the value belongs to. */
  readonly set?: string;
  /** `answer-code`: the number of the code's step of 30 s, and the sign-in that waits for it. */
  readonly step?: number;
  readonly challenge?: string;
  /** `change-credential`: the session that goes on. */
  readonly keeps?: string;
  /** A change of a credential's state: what `use` is told from then on; see `OperationResult.verdict`. */
  readonly becomes?: string;
}

/** What a client got, as far as a checker needs it. */
interface OperationResult {
  /** What was said about the credential: a word of the history's own, such as `active` or `revoked`; absent: nothing was said. */
  readonly verdict?: string;
  /** From the header, seconds. */
  readonly retryAfterSeconds?: number;
  /** Refused for a limit's sake, where the status does not say so. */
  readonly limited?: boolean;
  /** The id that the answer names for its request. */
  readonly requestId?: string;
  /** Whether the body is what the upstream sent, from end to end. */
  readonly whole?: boolean;
  /** `exchange`: the refresh token that was given. */
  readonly child?: string;
}

/** One question of one client, from before it was sent until its answer was read. */
export interface Operation {
  /** Unlike all others of its history. */
  readonly id: number;
  /** Who asked; a process asks one question after the other. */
  readonly process: string;
  readonly operation: OperationKind;
  /** What it is about, by a name that is no secret. */
  readonly object: string;
  readonly arguments: OperationArguments;
  /** Nanoseconds of one monotonic clock for the whole history. */
  readonly startedAtNs: number;
  readonly returnedAtNs: number;
  /** `failed`: refused, and surely without effect. `unknown`: no answer, or one that does not say. */
  readonly outcome: 'ok' | 'failed' | 'unknown';
  /** Of HTTP; null: no answer came. */
  readonly status: number | null;
  /** The part that was asked, as faults name it. */
  readonly via: string;
  readonly result: OperationResult;
}

/** Whether `later` began when `earlier` was over. Only then is their order certain. */
export function isAfter(later: Operation, earlier: Operation): boolean {
  return later.startedAtNs > earlier.returnedAtNs;
}
