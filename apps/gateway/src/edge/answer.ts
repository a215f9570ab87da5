import type { Route } from '@gatehouse/catalog/api';
import { renderLimitHeaders } from '@gatehouse/catalog/render-limit-headers';
import { type RefusalValues, renderRefusal } from '@gatehouse/catalog/render-refusal';
import { PROBLEMS } from '@gatehouse/contracts/problems';
import type { WindowState } from '@gatehouse/limit-domain/limit';
import type { PublishedApi } from '../routes/published-api.js';
import { type Caller, isPerson } from './caller.js';
import type { Allow, Deny } from './decision.js';
import { untouchedWindows } from './untouched-windows.js';

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
  readonly nowMs: number;
  /** What else the refusal may tell; by default nothing. */
  readonly values?: RefusalValues;
}

/**
 * Says a refusal in the API's dialect. Limit headers are on it wherever a limit was asked, and where the profile wants
 * them on every answer: then of windows from which nothing was taken [A10].
 */
export function refusalAnswer(published: PublishedApi, refusal: Deny, request: RefusedRequest): Answer {
  const { profile } = published.api;
  const { facts } = refusal;
  const key = facts === null || isPerson(facts) ? null : facts;
  const { status, headers, body } = renderRefusal(profile, refusal.code, {
    request_id: request.requestId,
    retry_after: refusal.retryAfterSeconds ?? undefined,
    key_id: key?.keyId ?? null,
    expired_at: key === null || key.expiresAtMs === null ? null : new Date(key.expiresAtMs).toISOString(),
    scopes: request.route?.scopes ?? [],
    ...request.values,
  });
  const flat: string[] = [];
  for (const name in headers) flat.push(name, headers[name] as string);
  flat.push('x-request-id', request.requestId, 'content-length', String(Buffer.byteLength(body)));
  const windows = toldWindows(published, refusal.windows, facts, request.nowMs);
  for (const [name, value] of renderLimitHeaders(profile, windows, refusal.retryAfterSeconds, request.nowMs)) {
    flat.push(name, value);
  }
  return { status, headers: flat, body };
}

/** What an allowed request's answer has beside the upstream's own headers. */
export function allowedHeaders(
  published: PublishedApi,
  { windows, facts }: Allow,
  requestId: string,
  nowMs: number,
): string[] {
  const flat = ['x-request-id', requestId];
  const told = toldWindows(published, windows, facts, nowMs);
  if (told.length > 0) {
    for (const [name, value] of renderLimitHeaders(published.api.profile, told, null, nowMs)) flat.push(name, value);
  }
  return flat;
}

function toldWindows(
  { api }: PublishedApi,
  windows: readonly WindowState[],
  facts: Caller | null,
  nowMs: number,
): readonly WindowState[] {
  if (windows.length > 0 || api.profile.headers.limitsOn !== 'every') return windows;
  return untouchedWindows(api, facts, nowMs);
}

/** An answer of ours that is no refusal: tokens, which nobody may keep on the way (RFC 6749 section 5.1). */
export function ownAnswer(published: PublishedApi, body: string, requestId: string, nowMs: number): Answer {
  const headers = ['content-type', 'application/json', 'cache-control', 'no-store', 'pragma', 'no-cache'];
  for (const [name, value] of renderLimitHeaders(
    published.api.profile,
    toldWindows(published, [], null, nowMs),
    null,
    nowMs,
  )) {
    headers.push(name, value);
  }
  headers.push('x-request-id', requestId, 'content-length', String(Buffer.byteLength(body)));
  return { status: 200, headers, body };
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
