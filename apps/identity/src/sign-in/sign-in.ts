import type { Account } from '../accounts/account.js';
import { type EmailAddress, hashEmail, normaliseEmail } from '../accounts/email.js';
import type { Origin } from '../origin.js';
import { type BoundedQueue, BUSY_RETRY_AFTER_SECONDS } from '../password/bounded-queue.js';
import { needsRehash } from '../password/hash-format.js';
import type { PasswordHasher } from '../password/hasher.js';
import { normalisePassword } from '../password/judge-password.js';
import type { StoredHash } from '../password/stored-hash.js';
import { type Session, startSession } from '../sessions/session.js';
import { newSecretToken } from '../tokens/secret-token.js';
import type { CountedAttempt } from './attempts.js';
import { nextStep, type Proof } from './next-step.js';

export interface SignInRequest {
  readonly email: string;
  readonly password: string;
  readonly origin: Origin;
}

export type SignInOutcome =
  | { readonly kind: 'signed_in'; readonly session: Session; readonly sessionToken: string }
  | { readonly kind: 'credentials_invalid' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfterSeconds: number }
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number };

/** What a sign-in does to the world, besides thinking. */
export interface SignInPorts {
  nowMs(): number;
  /** A refusal, where guesses at this address are not compared at this moment; spends nothing. */
  judgeAttempts(addressHash: Buffer, nowMs: number): Promise<CountedAttempt | undefined>;
  countAttempt(addressHash: Buffer, startedAtMs: number, nowMs: number): Promise<CountedAttempt>;
  findPasswordAccount(email: EmailAddress): Promise<{ account: Account; stored: StoredHash } | undefined>;
  /** Writes the session, forgives the attempts and replaces an outdated hash, all or nothing. */
  recordSignIn(record: SignInRecord): Promise<void>;
  readonly passwordWork: BoundedQueue;
  readonly hasher: PasswordHasher;
  /** Compared with where there is no account, so that its absence does not show. */
  readonly dummy: StoredHash;
}

export interface SignInRecord {
  readonly session: Session;
  readonly tokenHash: Buffer;
  readonly addressHash: Buffer;
  readonly rehashed: { readonly old: StoredHash; readonly fresh: StoredHash } | undefined;
}

interface ProvenPassword {
  readonly kind: 'proven';
  readonly account: Account;
  readonly rehashed: SignInRecord['rehashed'];
}

/**
 * Signs a person in. An unknown address and a wrong password are one answer after the same work; every attempt is
 * counted before its password is compared.
 */
export async function signIn(request: SignInRequest, ports: SignInPorts): Promise<SignInOutcome> {
  const startedAtMs = ports.nowMs();
  const email = normaliseEmail(request.email);
  const addressHash = hashEmail(email);
  const refused = await ports.judgeAttempts(addressHash, startedAtMs);
  if (refused?.kind === 'too_many_attempts') return refused;

  const turn = await ports.passwordWork.run(() =>
    provePassword(email, normalisePassword(request.password), addressHash, startedAtMs, ports),
  );
  if (turn.kind === 'busy') return { kind: 'busy', retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS };
  if (turn.value.kind !== 'proven') return turn.value;

  const proven = new Set<Proof>(['password']);
  const next = nextStep(proven);
  if (next.kind !== 'done') throw new Error(`a sign-in asks for ${next.proof}, which nobody can give yet`);
  return openSession(turn.value, addressHash, request.origin, ports);
}

/** Counts, then compares: an attempt that waits for its turn is not counted before it has it. */
async function provePassword(
  email: EmailAddress,
  password: string,
  addressHash: Buffer,
  startedAtMs: number,
  ports: SignInPorts,
): Promise<ProvenPassword | Exclude<SignInOutcome, { kind: 'signed_in' | 'busy' }>> {
  const counted = await ports.countAttempt(addressHash, startedAtMs, ports.nowMs());
  if (counted.kind !== 'counted') return counted;
  const found = await ports.findPasswordAccount(email);
  const matches = await ports.hasher.verify(password, found?.stored ?? ports.dummy);
  if (found === undefined || !matches) return { kind: 'credentials_invalid' };
  const rehashed = needsRehash(found.stored)
    ? { old: found.stored, fresh: await ports.hasher.hash(password) }
    : undefined;
  return { kind: 'proven', account: found.account, rehashed };
}

async function openSession(
  proven: ProvenPassword,
  addressHash: Buffer,
  origin: Origin,
  ports: SignInPorts,
): Promise<SignInOutcome> {
  const session = startSession(proven.account, origin, ports.nowMs());
  const { token, hash: tokenHash } = newSecretToken();
  await ports.recordSignIn({ session, tokenHash, addressHash, rehashed: proven.rehashed });
  return { kind: 'signed_in', session, sessionToken: token };
}
