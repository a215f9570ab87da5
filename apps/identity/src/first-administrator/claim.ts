import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import type { Origin } from '../origin.js';
import type { PasswordHasher } from '../password/hasher.js';
import { BUSY_RETRY_AFTER_SECONDS } from '../password/password-work.js';
import type { Proceeded } from '../sign-in/proceeded.js';
import { hashSecretToken } from '../tokens/secret-token.js';
import {
  type Candidate,
  type CandidateVerdict,
  type FirstAdministrator,
  firstAdministrator,
  judgeCandidate,
} from './first-administrator.js';

export type ClaimOutcome =
  | Proceeded
  | { readonly kind: 'token_invalid' }
  | Extract<CandidateVerdict, { kind: 'refused' }>
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number };

export interface ClaimPorts {
  nowMs(): number;
  /** Whether a claim token would be accepted now; spends nothing. */
  isClaimOpen(tokenHash: Buffer): Promise<boolean>;
  /** Spends the token and writes everything, all or nothing; undefined: the token is not valid. */
  claimInstallation(tokenHash: Buffer, administrator: FirstAdministrator): Promise<Proceeded | undefined>;
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
  return (await ports.claimInstallation(tokenHash, administrator)) ?? { kind: 'token_invalid' };
}
