import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import type { Origin } from '../origin.js';
import { contextWords, type PasswordOwner } from './context-words.js';
import type { PasswordHasher } from './hasher.js';
import { judgePassword, type PasswordVerdict } from './judge-password.js';
import { BUSY_RETRY_AFTER_SECONDS } from './password-work.js';
import type { StoredHash } from './stored-hash.js';

export type ResetOutcome =
  | { readonly kind: 'password_reset' }
  | { readonly kind: 'link_invalid' }
  | Extract<PasswordVerdict, { kind: 'refused' }>
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number };

export interface ResetPorts {
  nowMs(): number;
  /** Whose password a link would set now; spends nothing. */
  findReset(token: string, nowMs: number): Promise<PasswordOwner | undefined>;
  /** Spends the link, sets the password and ends every access of the account, all or nothing. */
  resetPassword(
    token: string,
    stored: StoredHash,
    origin: Origin,
    nowMs: number,
  ): Promise<'password_reset' | 'link_invalid'>;
  readonly passwordWork: BoundedQueue;
  readonly hasher: PasswordHasher;
  readonly minPasswordLength: number;
}

/**
 * Sets a password with a link that was mailed. Signs nobody in, and leaves a second factor as it is [P-12]. A password
 * that is refused leaves the link as good as it was.
 */
export async function resetPassword(
  request: { readonly token: string; readonly newPassword: string; readonly origin: Origin },
  ports: ResetPorts,
): Promise<ResetOutcome> {
  const owner = await ports.findReset(request.token, ports.nowMs());
  if (owner === undefined) return { kind: 'link_invalid' };
  const verdict = judgePassword(request.newPassword, ports.minPasswordLength, contextWords(owner));
  if (verdict.kind === 'refused') return verdict;
  const turn = await ports.passwordWork.run(() => ports.hasher.hash(verdict.password));
  if (turn.kind === 'busy') return { kind: 'busy', retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS };
  return { kind: await ports.resetPassword(request.token, turn.value, request.origin, ports.nowMs()) };
}
