import { PROBLEMS, type ProblemCode } from '@gatehouse/contracts/problems';
import type { ProblemDetails } from './refusal.js';

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What `WWW-Authenticate` says of a bearer token (RFC 6750 section 3.1); nothing where none was sent. */
const CHALLENGE_ERRORS: Partial<Readonly<Record<ProblemCode, string>>> = {
  token_invalid: 'invalid_token',
  token_expired: 'invalid_token',
  session_ended: 'invalid_token',
  key_invalid: 'invalid_token',
  key_ended: 'invalid_token',
  permission_denied: 'insufficient_scope',
};

/** One refusal as an HTTP answer (RFC 9457). `type` is relative: it resolves against the installation itself. */
export function problemAnswer(code: ProblemCode, details: ProblemDetails, requestId: string): ProblemAnswer {
  const { status, title } = PROBLEMS[code];
  const { detail, errors, retryAfterSeconds, allow } = details;
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      // Also where the route's own answers may be kept.
      'cache-control': 'no-store',
      ...challengeOf(code, status),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      ...(allow === undefined ? {} : { allow: allow.join(', ') }),
    },
    body: JSON.stringify({
      type: `/errors/${code}`,
      title,
      status,
      code,
      ...(detail === undefined ? {} : { detail }),
      ...(errors === undefined ? {} : { errors }),
      request_id: requestId,
    }),
  };
}

function challengeOf(code: ProblemCode, status: number): Readonly<Record<string, string>> {
  const error = CHALLENGE_ERRORS[code];
  if (status !== 401 && error === undefined) return {};
  return { 'www-authenticate': `Bearer realm="gatehouse"${error === undefined ? '' : `, error="${error}"`}` };
}
