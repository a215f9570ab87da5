import type { Session } from '../sessions/session.js';
import type { IssuedAccessToken } from '../tokens/access-token.js';
import type { Proceeded } from './proceeded.js';

/** Port: signs an access token for a session. */
export type IssueAccessToken = (session: Session) => Promise<IssuedAccessToken>;

/** The answer to any step of a sign-in. */
export async function proceededAnswer(proceeded: Proceeded, issueAccessToken: IssueAccessToken) {
  if (proceeded.kind === 'second_factor_required') return { ...proceeded, methods: [...proceeded.methods] };
  if (proceeded.kind === 'account_disabled') return proceeded;
  return signedIn(proceeded.session, proceeded.sessionToken, issueAccessToken);
}

/** The only answer that has the session's token. */
async function signedIn(session: Session, sessionToken: string, issueAccessToken: IssueAccessToken) {
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
