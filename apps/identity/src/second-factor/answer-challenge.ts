import type { Origin } from '../origin.js';
import type { Proceeded } from '../sign-in/proceeded.js';
import type { Proof } from '../sign-in/proof.js';
import { hashSecretToken } from '../tokens/secret-token.js';
import { readTypedCode, type TypedCode } from './typed-code.js';

export type AnsweredChallenge =
  /** `newBackupCodes`: the last one of the old ones was used. */
  | { readonly kind: 'proceeded'; readonly proceeded: Proceeded; readonly newBackupCodes: readonly string[] | null }
  | { readonly kind: 'challenge_ended' }
  | { readonly kind: 'code_wrong' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfterSeconds: number };

/** A challenge that may compare one more code. */
interface OpenChallenge {
  readonly id: string;
  readonly accountId: string;
  readonly proven: readonly Proof[];
}

export interface CodeForChallenge {
  readonly challenge: OpenChallenge;
  readonly typed: TypedCode;
  readonly origin: Origin;
  readonly nowMs: number;
}

export interface AnswerChallengePorts {
  nowMs(): number;
  countChallengeAttempt(tokenHash: Buffer, nowMs: number): Promise<OpenChallenge | undefined>;
  countAccountAttempt(
    accountId: string,
    origin: Origin,
    nowMs: number,
  ): Promise<{ readonly kind: 'counted' } | Extract<AnsweredChallenge, { kind: 'too_many_attempts' }>>;
  /** Compares the code; where it is right, code and challenge are used and the sign-in goes on, all or nothing. */
  recordCode(given: CodeForChallenge): Promise<AnsweredChallenge>;
}

/**
 * The second step of a sign-in. An attempt is counted at the challenge and at the account before its code is compared, so
 * that neither many at once nor many challenges give more guesses [H-049].
 */
export async function answerChallenge(
  request: { readonly challenge: string; readonly code: string; readonly origin: Origin },
  ports: AnswerChallengePorts,
): Promise<AnsweredChallenge> {
  const { origin } = request;
  const nowMs = ports.nowMs();
  const challenge = await ports.countChallengeAttempt(hashSecretToken(request.challenge), nowMs);
  if (challenge === undefined) return { kind: 'challenge_ended' };
  const counted = await ports.countAccountAttempt(challenge.accountId, origin, nowMs);
  if (counted.kind !== 'counted') return counted;
  return ports.recordCode({ challenge, typed: readTypedCode(request.code), origin, nowMs });
}
