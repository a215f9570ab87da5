import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import type { Origin } from '../origin.js';
import { contextWords, type PasswordOwner } from '../password/context-words.js';
import type { PasswordHasher } from '../password/hasher.js';
import { judgePassword, type PasswordVerdict } from '../password/judge-password.js';
import { BUSY_RETRY_AFTER_SECONDS } from '../password/password-work.js';
import type { StoredHash } from '../password/stored-hash.js';
import { hashSecretToken } from '../tokens/secret-token.js';

export type VerifyOutcome =
  | { readonly kind: 'verified' | 'link_invalid' }
  | Extract<PasswordVerdict, { kind: 'refused' }>
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number };

export interface FollowedSignUp {
  readonly token: string;
  /** In place of the one that was signed up with; undefined: that one stays. */
  readonly password: string | undefined;
  readonly origin: Origin;
}

export interface VerifyPorts {
  nowMs(): number;
  /** Whose sign-up a link would verify now; spends nothing. */
  findPending(tokenHash: Buffer, nowMs: number): Promise<PasswordOwner | undefined>;
  /** Spends the link and makes the account, all or nothing. @param stored in place of the hash of the sign-up */
  activateSignUp(
    tokenHash: Buffer,
    stored: StoredHash | undefined,
    origin: Origin,
    nowMs: number,
  ): Promise<'verified' | 'link_invalid'>;
  readonly passwordWork: BoundedQueue;
  readonly hasher: PasswordHasher;
  readonly minPasswordLength: number;
}

/**
 * Follows the link of a sign-up. Whoever brings a password with it gets an account that opens with that one alone, whoever
 * has signed up with the address [H-038]. A password that is refused leaves the link as good as it was.
 */
export async function verifyEmail(
  { token, password, origin }: FollowedSignUp,
  ports: VerifyPorts,
): Promise<VerifyOutcome> {
  const tokenHash = hashSecretToken(token);
  if (password === undefined) {
    return { kind: await ports.activateSignUp(tokenHash, undefined, origin, ports.nowMs()) };
  }
  const owner = await ports.findPending(tokenHash, ports.nowMs());
  if (owner === undefined) return { kind: 'link_invalid' };
  const verdict = judgePassword(password, ports.minPasswordLength, contextWords(owner));
  if (verdict.kind === 'refused') return verdict;
  const turn = await ports.passwordWork.run(() => ports.hasher.hash(verdict.password));
  if (turn.kind === 'busy') return { kind: 'busy', retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS };
  return { kind: await ports.activateSignUp(tokenHash, turn.value, origin, ports.nowMs()) };
}
