import { PROBLEMS, type ProblemCode } from '@gatehouse/contracts/problems';
import type { ProblemDetails } from './refusal.js';

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

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
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="gatehouse"' } : {}),
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
