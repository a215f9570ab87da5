import type { Origin } from '../origin.js';
import { type BoundedQueue, BUSY_RETRY_AFTER_SECONDS } from '../password/bounded-queue.js';
import type { PasswordHasher } from '../password/hasher.js';
import { type Session, startSession } from '../sessions/session.js';
import { hashSecretToken, newSecretToken } from '../tokens/secret-token.js';
import {
  type Candidate,
  type CandidateVerdict,
  type FirstAdministrator,
  firstAdministrator,
  judgeCandidate,
} from './first-administrator.js';

export type ClaimOutcome =
  | { readonly kind: 'signed_in'; readonly session: Session; readonly sessionToken: string }
  | { readonly kind: 'token_invalid' }
  | Extract<CandidateVerdict, { kind: 'refused' }>
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number };

export interface ClaimPorts {
  nowMs(): number;
  /** Whether a claim token would be accepted now; spends nothing. */
  isClaimOpen(tokenHash: Buffer): Promise<boolean>;
  /** Spends the token and writes everything, all or nothing. */
  claimInstallation(
    tokenHash: Buffer,
    administrator: FirstAdministrator,
    session: Session,
    sessionTokenHash: Buffer,
  ): Promise<'claimed' | 'token_invalid'>;
  readonly passwordWork: BoundedQueue;
  readonly hasher: PasswordHasher;
  readonly minPasswordLength: number;
}

/** Makes the bearer of the one-time token the first administrator, and signs that person in. */
export async function claim(
  request: Candidate & { readonly token: string; readonly origin: Origin },
  ports: ClaimPorts,
): Promise<ClaimOutcome> {
  const tokenHash = hashSecretToken(request.token);
  if (!(await ports.isClaimOpen(tokenHash))) return { kind: 'token_invalid' };
  const verdict = judgeCandidate(request, ports.minPasswordLength);
  if (verdict.kind === 'refused') return verdict;

  const turn = await ports.passwordWork.run(() => ports.hasher.hash(verdict.password));
  if (turn.kind === 'busy') return { kind: 'busy', retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS };

  const nowMs = ports.nowMs();
  const administrator = firstAdministrator(verdict.email, request.name, turn.value, request.origin, nowMs);
  const session = startSession(administrator.account, request.origin, nowMs);
  const secret = newSecretToken();
  const outcome = await ports.claimInstallation(tokenHash, administrator, session, secret.hash);
  if (outcome === 'token_invalid') return { kind: 'token_invalid' };
  return { kind: 'signed_in', session, sessionToken: secret.token };
}
