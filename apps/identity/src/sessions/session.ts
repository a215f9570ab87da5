import type { Account } from '../accounts/account.js';
import { newId } from '../new-id.js';
import type { Origin } from '../origin.js';
import type { Proof } from '../sign-in/proof.js';

const IDLE_SECONDS = 60 * 60;
const ABSOLUTE_SECONDS = 8 * 60 * 60;
/** Activity is written down at most this often. */
export const EXTEND_EVERY_SECONDS = 60;

/** One sign-in of one person on one device. */
export interface Session {
  readonly id: string;
  readonly account: Account;
  /** What was shown to open it. */
  readonly proofs: readonly Proof[];
  readonly startedAtMs: number;
  readonly lastSeenAtMs: number;
  /** Where it ends without activity. */
  readonly expiresAtMs: number;
  /** Where it ends in any case. */
  readonly absoluteExpiresAtMs: number;
  readonly endedAtMs: number | null;
  readonly origin: Origin;
}

/** A new session of an account, standing from now on. */
export function startSession(account: Account, proofs: readonly Proof[], origin: Origin, nowMs: number): Session {
  const absoluteExpiresAtMs = nowMs + ABSOLUTE_SECONDS * 1_000;
  return {
    id: newId('ses'),
    account,
    proofs,
    startedAtMs: nowMs,
    lastSeenAtMs: nowMs,
    expiresAtMs: idleEnd(absoluteExpiresAtMs, nowMs),
    absoluteExpiresAtMs,
    endedAtMs: null,
    origin,
  };
}

/** Decides whether a session stands. `extend`: it stands, and its activity is to be written down. */
export function judgeSession(session: Session, nowMs: number): 'ended' | 'standing' | 'extend' {
  if (session.endedAtMs !== null) return 'ended';
  if (nowMs >= session.expiresAtMs || nowMs >= session.absoluteExpiresAtMs) return 'ended';
  return nowMs >= session.lastSeenAtMs + EXTEND_EVERY_SECONDS * 1_000 ? 'extend' : 'standing';
}

/** How long after its start a session may do what changes how its owner signs in (ASVS 7.5.1). */
const FRESH_SECONDS = 5 * 60;

/** Whether a session began so lately that its owner need not sign in again for a dangerous change [M-09]. */
export function isFresh(session: Session, nowMs: number): boolean {
  return nowMs < session.startedAtMs + FRESH_SECONDS * 1_000;
}

/** Where a session that was active now ends without further activity. */
export function idleEnd(absoluteExpiresAtMs: number, nowMs: number): number {
  return Math.min(nowMs + IDLE_SECONDS * 1_000, absoluteExpiresAtMs);
}
