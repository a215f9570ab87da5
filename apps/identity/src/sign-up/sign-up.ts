import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import { type CandidateVerdict, judgeCandidate } from '../first-administrator/first-administrator.js';
import { clientSubject } from '../limits/allowance.js';
import type { Origin } from '../origin.js';
import type { PasswordHasher } from '../password/hasher.js';
import { BUSY_RETRY_AFTER_SECONDS } from '../password/password-work.js';
import { newSecretToken, type SecretToken } from '../tokens/secret-token.js';
import type { PendingSignUp } from './pending-sign-up.js';

export interface SignUpRequest {
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly origin: Origin;
}

export type SignUpOutcome =
  | { readonly kind: 'verification_sent' }
  | Extract<CandidateVerdict, { kind: 'refused' }>
  | { readonly kind: 'too_many_attempts'; readonly retryAfterSeconds: number }
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number };

export interface SignUpPorts {
  nowMs(): number;
  /** Takes one of the sign-ups of a client; the seconds to wait where none is left. */
  takeSignUp(client: Buffer, nowMs: number): Promise<number | undefined>;
  readonly passwordWork: BoundedQueue;
  readonly hasher: PasswordHasher;
  readonly minPasswordLength: number;
  /**
   * Keeps the sign-up until its link is followed, and sends the link; where the address has an account, its owner is told
   * so instead.
   */
  recordSignUp(pending: PendingSignUp, link: SecretToken, nowMs: number): Promise<void>;
}

/**
 * Takes a sign-up. Whether the address has an account shows neither in the answer nor in the work: it is told only by
 * mail, to whoever reads that [H-035, H-036].
 */
export async function signUp(request: SignUpRequest, ports: SignUpPorts): Promise<SignUpOutcome> {
  const verdict = judgeCandidate(request, ports.minPasswordLength);
  if (verdict.kind === 'refused') return verdict;
  const retryAfterSeconds = await ports.takeSignUp(clientSubject(request.origin.address), ports.nowMs());
  if (retryAfterSeconds !== undefined) return { kind: 'too_many_attempts', retryAfterSeconds };
  const turn = await ports.passwordWork.run(() => ports.hasher.hash(verdict.password));
  if (turn.kind === 'busy') return { kind: 'busy', retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS };
  const pending = { email: verdict.email, name: request.name.trim(), stored: turn.value };
  await ports.recordSignUp(pending, newSecretToken(), ports.nowMs());
  return { kind: 'verification_sent' };
}
