import type { Route } from '@gatehouse/catalog/api';
import { renderLimitHeaders } from '@gatehouse/catalog/render-limit-headers';
import { renderRefusal } from '@gatehouse/catalog/render-refusal';
import { PROBLEMS } from '@gatehouse/contracts/problems';
import type { WindowState } from '@gatehouse/limit-domain/limit';
import type { PublishedApi } from '../routes/published-api.js';
import type { Deny } from './decision.js';

/** A whole answer of our own: names and values of its headers in turn. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

/** What a refusal tells of the request. */
export interface RefusedRequest {
  readonly requestId: string;
  /** The route that was matched, if one was. */
  readonly route: Route | undefined;
}

/** Says a refusal in the API's dialect. Limit headers are on it wherever a limit was asked. */
export function refusalAnswer(published: PublishedApi, refusal: Deny, request: RefusedRequest): Answer {
  const { profile } = published.api;
  const { facts } = refusal;
  const { status, headers, body } = renderRefusal(profile, refusal.code, {
    request_id: request.requestId,
    retry_after: refusal.retryAfterSeconds ?? undefined,
    key_id: facts?.keyId ?? null,
    expired_at: facts === null || facts.expiresAtMs === null ? null : new Date(facts.expiresAtMs).toISOString(),
    scopes: request.route?.scopes ?? [],
  });
  const flat: string[] = [];
  for (const name in headers) flat.push(name, headers[name] as string);
  flat.push('x-request-id', request.requestId, 'content-length', String(Buffer.byteLength(body)));
  for (const [name, value] of renderLimitHeaders(profile, refusal.windows)) flat.push(name, value);
  return { status, headers: flat, body };
}

/** What an allowed request's answer has beside the upstream's own headers. */
export function allowedHeaders(published: PublishedApi, windows: readonly WindowState[], requestId: string): string[] {
  const flat = ['x-request-id', requestId];
  if (windows.length > 0) {
    for (const [name, value] of renderLimitHeaders(published.api.profile, windows)) flat.push(name, value);
  }
  return flat;
}

/** Under `/apis/` a name that no API has is said plainly, in the platform's own form (RFC 9457). */
export function unknownApiAnswer(requestId: string): Answer {
  const { status, title } = PROBLEMS.not_found;
  const body = JSON.stringify({
    type: 'about:blank',
    title,
    status,
    code: 'not_found',
    detail: 'No API of this name is published here.',
    request_id: requestId,
  });
  const headers = ['content-type', 'application/problem+json', 'cache-control', 'no-store'];
  return {
    status,
    headers: [...headers, 'x-request-id', requestId, 'content-length', String(Buffer.byteLength(body))],
    body,
  };
}
