import type { Session } from '../sessions/session.js';
import type { IssuedAccessToken } from '../tokens/access-token.js';

/** Port: signs an access token for a session. */
export type IssueAccessToken = (session: Session) => Promise<IssuedAccessToken>;

/** The answer to whoever has just signed in: the only one that has the session's token. */
export async function signedIn(session: Session, sessionToken: string, issueAccessToken: IssueAccessToken) {
  const { accessToken, ttlSeconds } = await issueAccessToken(session);
  return {
    kind: 'signed_in' as const,
    sessionToken,
    accessToken,
    accessTokenTtlSeconds: ttlSeconds,
    absoluteExpiresAt: new Date(session.absoluteExpiresAtMs).toISOString(),
    account: session.account,
  };
}
