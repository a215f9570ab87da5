import type { Session } from '../sessions/session.js';
import {
  type AccessTokenVerdict,
  type IssuedAccessToken,
  issueAccessToken,
  judgeAccessToken,
  subjectOfSession,
  type TokenSubject,
} from './access-token.js';
import type { LiveKeyRing } from './live-key-ring.js';

/** Access tokens as this installation issues and judges them, with the keys that it has at the moment. */
export interface AccessTokens {
  /** Where the platform's own pages are; also the audience of their tokens. */
  readonly issuer: string;
  issue(subject: TokenSubject): Promise<IssuedAccessToken>;
  /** The token of a sign-in to the platform's own pages. */
  issueFor(session: Session): Promise<IssuedAccessToken>;
  /** @param audiences which ones are accepted; `any`: whatever the token is for */
  judge(token: string, audiences: readonly string[] | 'any', nowMs: number): Promise<AccessTokenVerdict>;
}

export function accessTokens(keys: LiveKeyRing, issuer: string, nowMs: () => number): AccessTokens {
  const issue = (subject: TokenSubject) => issueAccessToken(subject, { keys, issuer }, nowMs());
  return {
    issuer,
    issue,
    issueFor: (session) => issue(subjectOfSession(session, issuer)),
    judge: async (token, audiences, atMs) => {
      await keys.prepareFor(token);
      return judgeAccessToken(token, keys, { issuer, audiences }, atMs);
    },
  };
}
