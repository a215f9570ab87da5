import { newId } from '../new-id.js';
import type { Origin } from '../origin.js';
import type { Proof } from './proof.js';

/** How long the second factor may come after the first one [T15]. */
export const CHALLENGE_SECONDS = 5 * 60;
/** Codes that one challenge compares; then the sign-in begins anew (ASVS 6.6.3). */
export const CHALLENGE_ATTEMPTS = 5;

/** A sign-in that waits for its second factor. Its token is no session: the one thing that it can do is go on. */
export interface Challenge {
  readonly id: string;
  readonly accountId: string;
  readonly proven: readonly Proof[];
  readonly createdAtMs: number;
  readonly origin: Origin;
}

export function newChallenge(accountId: string, proven: readonly Proof[], origin: Origin, nowMs: number): Challenge {
  return { id: newId('chl'), accountId, proven, createdAtMs: nowMs, origin };
}
