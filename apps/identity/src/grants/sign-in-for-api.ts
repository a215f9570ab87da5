import type { Origin } from '../origin.js';
import type { AnsweredChallenge } from '../second-factor/answer-challenge.js';
import type { Session } from '../sessions/session.js';
import type { SignInOutcome, SignInRequest } from '../sign-in/sign-in.js';
import type { OpenedGrant } from './grants.store.js';

/** A program that signs in for a person, with all that the person can show in one request. */
export interface SignInForApi extends SignInRequest {
  /** A code of an authenticator, or a backup code. */
  readonly secondFactor: string | undefined;
}

/** Port: the second step of every sign-in, as the pages of the platform have it: counted, compared once, spent once. */
export type AnswerChallenge = (step: {
  readonly challenge: string;
  readonly code: string;
  readonly origin: Origin;
}) => Promise<AnsweredChallenge>;

export interface SignInForApiPorts {
  /** The sign-in of the platform's own pages, with its attempts and its delays [T-13, H-041]. */
  signIn(request: SignInRequest): Promise<SignInOutcome>;
  readonly answerChallenge: AnswerChallenge;
  openGrant(session: Session): Promise<OpenedGrant | undefined>;
}

export type SignedInForApi =
  /** `newBackupCodes`: the last one of the old ones was used. */
  | { readonly kind: 'opened'; readonly opened: OpenedGrant; readonly newBackupCodes: readonly string[] | null }
  | { readonly kind: 'second_factor_invalid' }
  | Exclude<SignInOutcome, { kind: 'signed_in' }>;

/**
 * Signs a person in for one API: the same steps as at the platform's own door, then a grant in place of a cookie. It is no
 * OAuth grant: passwords are taken here by the platform itself alone (RFC 9700 section 2.4).
 */
export async function signInForApi(request: SignInForApi, ports: SignInForApiPorts): Promise<SignedInForApi> {
  const { secondFactor, ...credentials } = request;
  const first = await ports.signIn(credentials);
  if (first.kind === 'signed_in') return open(first.session, null, ports);
  if (first.kind !== 'second_factor_required' || secondFactor === undefined) return first;
  const { origin } = request;
  const second = await ports.answerChallenge({ challenge: first.challenge, code: secondFactor, origin });
  switch (second.kind) {
    case 'proceeded':
      return second.proceeded.kind === 'signed_in'
        ? open(second.proceeded.session, second.newBackupCodes, ports)
        : second.proceeded;
    case 'too_many_attempts':
      return second;
    // A challenge of a moment ago ends where the account was changed meanwhile.
    case 'code_wrong':
    case 'challenge_ended':
      return { kind: 'second_factor_invalid' };
  }
}

async function open(
  session: Session,
  newBackupCodes: readonly string[] | null,
  ports: SignInForApiPorts,
): Promise<SignedInForApi> {
  const opened = await ports.openGrant(session);
  return opened === undefined ? { kind: 'credentials_invalid' } : { kind: 'opened', opened, newBackupCodes };
}
