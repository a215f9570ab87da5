import type { AccessTokenClaims, AccessTokenVerdict } from '../tokens/access-token.js';
import { hashSecretToken } from '../tokens/secret-token.js';
import { judgeSession, type Session } from './session.js';

export type Credential =
  | { readonly kind: 'session'; readonly sessionToken: string }
  | { readonly kind: 'access_token'; readonly accessToken: string };

export type AuthenticateOutcome =
  | { readonly kind: 'authenticated'; readonly session: Session }
  | {
      readonly kind: 'refused';
      readonly code: 'session_unknown' | 'session_ended' | 'token_invalid' | 'token_expired';
    };

export interface AuthenticatePorts {
  nowMs(): number;
  findSessionByToken(tokenHash: Buffer): Promise<Session | undefined>;
  findSessionById(sessionId: string): Promise<Session | undefined>;
  /** Writes the activity down; false where somebody else did, or the session has ended meanwhile. */
  extendSession(session: Session, nowMs: number): Promise<boolean>;
  judgeAccessToken(token: string, nowMs: number): Promise<AccessTokenVerdict>;
}

type UseSessionPorts = Pick<AuthenticatePorts, 'nowMs' | 'findSessionById' | 'extendSession'>;

/** Finds out who is behind a credential, now: an ended session's token and its access tokens are refused at once. */
export async function authenticate(credential: Credential, ports: AuthenticatePorts): Promise<AuthenticateOutcome> {
  if (credential.kind === 'session') {
    const tokenHash = hashSecretToken(credential.sessionToken);
    const find = () => ports.findSessionByToken(tokenHash);
    const session = await find();
    return session === undefined ? refused('session_unknown') : useSession(session, find, ports);
  }
  const verdict = await ports.judgeAccessToken(credential.accessToken, ports.nowMs());
  if (verdict.kind === 'refused') return verdict;
  return authenticateSessionOf(verdict.claims, ports);
}

/** The session that a token of ours names, if it stands. */
export async function authenticateSessionOf(
  { sessionId, accountId }: Pick<AccessTokenClaims, 'sessionId' | 'accountId'>,
  ports: UseSessionPorts,
): Promise<AuthenticateOutcome> {
  const find = () => ports.findSessionById(sessionId);
  const session = await find();
  if (session === undefined) return refused('session_ended');
  if (session.account.id !== accountId) return refused('token_invalid');
  return useSession(session, find, ports);
}

async function useSession(
  session: Session,
  find: () => Promise<Session | undefined>,
  ports: UseSessionPorts,
): Promise<AuthenticateOutcome> {
  const nowMs = ports.nowMs();
  const verdict = judgeSession(session, nowMs);
  if (verdict === 'ended') return refused('session_ended');
  if (verdict === 'standing') return { kind: 'authenticated', session };
  await ports.extendSession(session, nowMs);
  // Read again whoever wrote: it may be that another request extended it, or that its owner ended it.
  const extended = await find();
  if (extended === undefined || judgeSession(extended, nowMs) === 'ended') return refused('session_ended');
  return { kind: 'authenticated', session: extended };
}

function refused(code: Extract<AuthenticateOutcome, { kind: 'refused' }>['code']): AuthenticateOutcome {
  return { kind: 'refused', code };
}
