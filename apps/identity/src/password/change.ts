import type { Account } from '../accounts/account.js';
import { normaliseEmail } from '../accounts/email.js';
import type { Origin } from '../origin.js';
import { contextWords, type PasswordOwner } from './context-words.js';
import { judgePassword, type PasswordVerdict } from './judge-password.js';
import { BUSY_RETRY_AFTER_SECONDS } from './password-work.js';
import { type PasswordPorts, type PasswordProof, type ProvenPassword, provePassword } from './prove-password.js';
import type { StoredHash } from './stored-hash.js';

/** What a person does about the own account, in a session that stood when the request came. */
interface Person {
  readonly accountId: string;
  readonly sessionId: string;
  readonly origin: Origin;
}

export interface ChangeRequest {
  readonly person: Person;
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly deviceToken: string | undefined;
}

export type ChangeOutcome<Changed> =
  | Changed
  | { readonly kind: 'session_ended' }
  | Exclude<PasswordProof, ProvenPassword>
  | Extract<PasswordVerdict, { kind: 'refused' }>;

export interface ChangePorts<Changed> extends PasswordPorts {
  findOwner(accountId: string): Promise<(PasswordOwner & { readonly account: Account }) | undefined>;
  readonly minPasswordLength: number;
  /**
   * Sets the password if it is still the proven one, ends every access of the account, and signs this person in anew, all
   * or nothing.
   */
  changePassword(
    person: Person,
    proven: ProvenPassword,
    fresh: StoredHash,
    keptDevice: string | undefined,
    nowMs: number,
  ): Promise<Changed | { readonly kind: 'session_ended' } | { readonly kind: 'password_wrong' }>;
}

/** Sets another password, for whoever knows the present one [P-06]. Guesses at it count like those at a sign-in [H-041]. */
export async function changePassword<Changed>(
  { person, currentPassword, newPassword, deviceToken }: ChangeRequest,
  ports: ChangePorts<Changed>,
): Promise<ChangeOutcome<Changed>> {
  const owner = await ports.findOwner(person.accountId);
  if (owner === undefined) return { kind: 'session_ended' };
  const verdict = judgePassword(newPassword, ports.minPasswordLength, contextWords(owner));
  if (verdict.kind === 'refused') return verdict;
  const email = normaliseEmail(owner.email);
  const guess = { email, password: currentPassword, deviceToken, address: person.origin.address };
  const proof = await provePassword(guess, ports);
  if (proof.kind !== 'proven') return proof;
  // The address may have gone to another account since it was read.
  if (proof.compared.account.id !== person.accountId) return { kind: 'password_wrong' };
  const turn = await ports.passwordWork.run(() => ports.hasher.hash(verdict.password));
  if (turn.kind === 'busy') return { kind: 'busy', retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS };
  return ports.changePassword(person, proof, turn.value, deviceToken, ports.nowMs());
}
