import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import type { PasswordAccount } from '../accounts/account.js';
import type { EmailAddress } from '../accounts/email.js';
import { clientSubject } from '../limits/allowance.js';
import { attemptCounter, type CountedAttempt, MOST_FAILURES } from '../sign-in/attempts.js';
import { hashSecretToken } from '../tokens/secret-token.js';
import { needsRehash } from './hash-format.js';
import type { PasswordHasher } from './hasher.js';
import { normalisePassword } from './judge-password.js';
import { BUSY_RETRY_AFTER_SECONDS } from './password-work.js';
import type { StoredHash } from './stored-hash.js';

/** A password that somebody says is that of an account. */
export interface Guess {
  readonly email: EmailAddress;
  readonly password: string;
  /** What a browser keeps that has signed in here before. */
  readonly deviceToken: string | undefined;
  /** Where it comes from. */
  readonly address: string;
}

/** What was counted for a guess, to be taken back where it was right. */
export interface CountedGuess {
  readonly counter: Buffer;
  /** Where it comes from: a client among strangers, or a known device, which has no limit with others. */
  readonly from:
    | { readonly kind: 'stranger'; readonly client: Buffer }
    | { readonly kind: 'device'; readonly device: Buffer };
}

export interface ProvenPassword extends CountedGuess {
  readonly kind: 'proven';
  /** What was compared: a password that was changed meanwhile opens nothing. */
  readonly compared: PasswordAccount;
  /** The same password, hashed as hashes are made today, where it was not. */
  readonly fresh: StoredHash | undefined;
}

export type PasswordProof =
  | ProvenPassword
  | { readonly kind: 'password_wrong' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfterSeconds: number }
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number };

export interface PasswordPorts {
  nowMs(): number;
  isKnownDevice(tokenHash: Buffer, email: EmailAddress, nowMs: number): Promise<boolean>;
  /** A refusal, where guesses are not compared at this moment; spends nothing. */
  judgeGuess(guess: CountedGuess, nowMs: number): Promise<CountedAttempt | undefined>;
  /** Counts one guess, also against the password itself, or against the device. */
  countGuess(guess: CountedGuess, email: EmailAddress, startedAtMs: number, nowMs: number): Promise<CountedAttempt>;
  findPasswordAccount(email: EmailAddress): Promise<PasswordAccount | undefined>;
  /** The last wrong guess that there may be was made: nobody's guesses count any more before a reset [P-09]. */
  closePassword(accountId: string, nowMs: number): Promise<void>;
  readonly passwordWork: BoundedQueue;
  readonly hasher: PasswordHasher;
  /** Compared with where there is no account, so that its absence does not show. */
  readonly dummy: StoredHash;
}

/**
 * Compares a password. Every door that compares one comes here, so that guesses share one budget whatever door they try
 * [H-041]; and each is counted before it is compared. An unknown address, a wrong password and a closed one are one
 * answer after the same work.
 */
export async function provePassword(guess: Guess, ports: PasswordPorts): Promise<PasswordProof> {
  const startedAtMs = ports.nowMs();
  const device = guess.deviceToken === undefined ? undefined : hashSecretToken(guess.deviceToken);
  const isKnown = device !== undefined && (await ports.isKnownDevice(device, guess.email, startedAtMs));
  const counted: CountedGuess = {
    counter: attemptCounter(guess.email, isKnown ? device : undefined),
    from: isKnown ? { kind: 'device', device } : { kind: 'stranger', client: clientSubject(guess.address) },
  };
  const refused = await ports.judgeGuess(counted, startedAtMs);
  if (refused?.kind === 'too_many_attempts') return refused;
  const turn = await ports.passwordWork.run(() => compare(guess, counted, startedAtMs, ports));
  return turn.kind === 'busy' ? { kind: 'busy', retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS } : turn.value;
}

/** Counts, then compares: a guess that waits for its turn is not counted before it has it. */
async function compare(
  { email, password }: Guess,
  counted: CountedGuess,
  startedAtMs: number,
  ports: PasswordPorts,
): Promise<PasswordProof> {
  const isStranger = counted.from.kind === 'stranger';
  const verdict = await ports.countGuess(counted, email, startedAtMs, ports.nowMs());
  if (verdict.kind !== 'counted') return verdict;
  const found = await ports.findPasswordAccount(email);
  const isOpen = found !== undefined && verdict.failures <= MOST_FAILURES && !(isStranger && found.isClosed);
  const plain = normalisePassword(password);
  const matches = await ports.hasher.verify(plain, isOpen ? found.stored : ports.dummy);
  if (!isOpen || !matches) {
    if (isOpen && isStranger && verdict.failures >= MOST_FAILURES)
      await ports.closePassword(found.account.id, ports.nowMs());
    return { kind: 'password_wrong' };
  }
  const fresh = needsRehash(found.stored) ? await ports.hasher.hash(plain) : undefined;
  return { kind: 'proven', ...counted, compared: found, fresh };
}
