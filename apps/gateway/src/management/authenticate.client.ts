import { authenticateSession } from '@gatehouse/contracts/identity';
import type { ProblemCode } from '@gatehouse/contracts/problems';
import { isSomeKey } from '@gatehouse/key-domain/is-some-key';
import type { z } from 'zod';
import type { SessionCredential } from './read-session-credential.js';
import type { AskService } from './services.client.js';

type Answer = z.output<typeof authenticateSession.output>;
export type Session = Extract<Answer, { kind: 'authenticated' }>;

/** Who sends a management request, and whether only a cookie says so (then a write needs the CSRF token). */
export type Authentication =
  | { readonly kind: 'authenticated'; readonly session: Session; readonly byCookieOnly: boolean }
  | { readonly kind: 'refused'; readonly code: ProblemCode; readonly detail?: string };

const REFUSED_AS = {
  session_unknown: 'authentication_required',
  session_ended: 'session_ended',
  token_invalid: 'token_invalid',
  token_expired: 'token_expired',
} as const satisfies Record<Extract<Answer, { kind: 'refused' }>['code'], ProblemCode>;

/**
 * Asks identity who is behind a credential; on every request, so that an ended session is ended at once.
 * A cookie and a token together must be of one session.
 * @throws BusUnavailable where identity does not answer: never an anonymous request, never an accepted one
 */
export async function authenticate(
  credential: Exclude<SessionCredential, { kind: 'management_key' }>,
  wantAccessToken: boolean,
  ask: AskService,
): Promise<Authentication> {
  if (credential.kind === 'none') return { kind: 'refused', code: 'authentication_required' };
  if (credential.kind === 'cookie_repeated') {
    return { kind: 'refused', code: 'header_repeated', detail: 'The session cookie was sent twice.' };
  }
  if (credential.kind === 'authorization_malformed') {
    return {
      kind: 'refused',
      code: 'token_invalid',
      detail: 'The Authorization header must be "Bearer <access token or management key>".',
    };
  }
  if (credential.kind === 'cookie_with_management_key') {
    const detail = 'Send the session cookie or a management key, not both.';
    return { kind: 'refused', code: 'invalid_request', detail };
  }
  const { sessionToken, accessToken } = credential;
  // The key of an API that was sent to the wrong place: identity would not know it, and need not see it.
  if (isSomeKey(sessionToken ?? '') || isSomeKey(accessToken ?? '')) {
    return { kind: 'refused', code: 'token_invalid', detail: 'The key of an API signs nobody in here.' };
  }
  const [byCookie, byToken] = await Promise.all([
    sessionToken === undefined
      ? undefined
      : ask(authenticateSession, { kind: 'session', sessionToken, wantAccessToken }),
    accessToken === undefined ? undefined : ask(authenticateSession, { kind: 'access_token', accessToken }),
  ]);
  if (byCookie !== undefined && byToken !== undefined && !sameSession(byCookie, byToken)) {
    return {
      kind: 'refused',
      code: 'invalid_request',
      detail: 'The cookie and the access token are not of one session.',
    };
  }
  const answer = byCookie ?? byToken;
  if (answer === undefined) return { kind: 'refused', code: 'authentication_required' };
  if (answer.kind === 'refused') return { kind: 'refused', code: REFUSED_AS[answer.code] };
  return { kind: 'authenticated', session: answer, byCookieOnly: byToken === undefined };
}

function sameSession(a: Answer, b: Answer): boolean {
  return a.kind === 'authenticated' && b.kind === 'authenticated' && a.sessionId === b.sessionId;
}
