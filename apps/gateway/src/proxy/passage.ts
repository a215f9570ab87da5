import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Route } from '@gatehouse/catalog/api';
import type { Logger } from '@gatehouse/observability/logger';
import type { Dispatcher } from 'undici';
import { allowedHeaders, refusalAnswer } from '../edge/answer.js';
import { authorize, type EdgePorts } from '../edge/authorize.js';
import type { ClientAddress } from '../edge/client-address.server.js';
import { type Allow, type Deny, deny, denyAfterCharge } from '../edge/decision.js';
import type { IdentityTokens } from '../edge/identity-token.js';
import { principalHeaders } from '../edge/principal.js';
import { earlyRefusal } from '../routes/early-refusal.js';
import type { PublishedApi } from '../routes/published-api.js';
import { type RoutedRequest, routeRequest } from '../routes/route-request.js';
import { forward } from './forward.js';
import type { HopHeaders } from './hop-headers.js';
import type { OpenStream, OpenStreams } from './open-streams.js';
import type { Traffic } from './traffic.server.js';
import { writeAnswer } from './write-answer.js';

/** One request under way to one API. */
export interface Passage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly published: PublishedApi;
  /** The request target within the API. */
  readonly target: string;
  readonly requestId: string;
  /** By the monotonic clock. */
  readonly startedMs: number;
  /** The client sends its body only when it is asked to. */
  readonly awaitsContinue: boolean;
}

/** The way to one API's upstream, with the number of requests on it. */
export interface Outlet {
  readonly upstream: Dispatcher;
  readonly hop: HopHeaders;
  readonly requestsMax: number;
  inFlight: number;
}

/** What a passage uses of the data plane. */
export interface PassageParts {
  readonly ports: EdgePorts;
  readonly outletOf: (published: PublishedApi) => Outlet;
  readonly addressOf: (request: IncomingMessage) => ClientAddress;
  readonly identityOf: IdentityTokens;
  readonly streams: OpenStreams;
  readonly traffic: Traffic;
  readonly logger: Logger;
  readonly refusesPlainHttp: boolean;
  /** What every answer says at the moment, names and values in turn. */
  readonly ownHeaders: () => readonly string[];
  readonly monotonicMs: () => number;
}

/** Route, authorize, then forward or answer. A fault on the way ends in a refusal, never in an accepted request. */
export async function pass(passage: Passage, parts: PassageParts): Promise<void> {
  const { request, published } = passage;
  try {
    const client = parts.addressOf(request);
    const early = earlyRefusal(request.rawHeaders, parts.refusesPlainHttp && !client.isHttps);
    if (early !== undefined) return refuse(passage, parts, deny(early));

    const routed = routeRequest(published, request.method ?? '', passage.target);
    if (routed.kind === 'refused') return refuse(passage, parts, deny(routed.code));

    const decision = await authorize(request, published, routed.route, parts.ports);
    if (decision.kind === 'deny') return refuse(passage, parts, decision, routed.route);

    const outlet = parts.outletOf(published);
    if (outlet.inFlight >= outlet.requestsMax) {
      return refuse(passage, parts, denyAfterCharge('upstream_unreachable', decision), routed.route);
    }
    const token = parts.identityOf(decision.facts);
    const identity = typeof token === 'string' ? token : await token;
    send(passage, parts, outlet, decision, routed, upstreamHeaders(passage, decision, client, identity));
  } catch (error) {
    parts.logger.error({ err: error, requestId: passage.requestId, api: published.api.name }, 'a request failed');
    refuse(passage, parts, deny('verification_unavailable'));
  }
}

function send(
  passage: Passage,
  parts: PassageParts,
  outlet: Outlet,
  decision: Allow,
  { route, path }: Extract<RoutedRequest, { kind: 'routed' }>,
  requestHeaders: readonly string[],
): void {
  const { request, response, published, requestId } = passage;
  const responseHeaders = [...allowedHeaders(published, decision.windows, requestId), ...parts.ownHeaders()];
  if (passage.awaitsContinue) response.writeContinue();
  outlet.inFlight++;
  let refusal: Deny | undefined;
  const startedMs = parts.monotonicMs();
  const stream: OpenStream = { digest: decision.digest, published, route, startedMs, stop: () => stop() };
  parts.streams.add(stream);
  const stop = forward({
    request,
    response,
    upstream: outlet.upstream,
    method: request.method ?? '',
    path,
    hop: outlet.hop,
    requestHeaders,
    responseHeaders,
    refuse: (code) => {
      refusal = denyAfterCharge(code, decision);
    },
    onEnd: (outcome) => {
      parts.streams.remove(stream);
      outlet.inFlight--;
      if (refusal !== undefined) refuse(passage, parts, refusal, route);
      else finish(passage, parts, outcome, response.statusCode);
    },
  });
}

/** What the upstream is told, after what is left of the client's own headers. */
function upstreamHeaders(passage: Passage, decision: Allow, client: ClientAddress, identity: string): string[] {
  return [
    ...principalHeaders(decision.facts),
    'x-gatehouse-identity',
    identity,
    'x-gatehouse-request-id',
    passage.requestId,
    'x-request-id',
    passage.requestId,
    'x-forwarded-for',
    client.address,
    'x-forwarded-proto',
    client.isHttps ? 'https' : 'http',
    'x-forwarded-host',
    passage.request.headers.host ?? '',
    'via',
    '1.1 gatehouse',
  ];
}

function refuse(passage: Passage, parts: PassageParts, refusal: Deny, route?: Route): void {
  const { published, requestId, request, response } = passage;
  const answer = refusalAnswer(published, refusal, { requestId, route });
  writeAnswer(request, response, answer, parts.ownHeaders());
  if (answer.status >= 500) {
    const { code } = refusal;
    parts.logger.warn({ requestId, api: published.api.name, method: request.method, code }, 'request refused');
  }
  finish(passage, parts, refusal.code, answer.status);
}

function finish(passage: Passage, parts: PassageParts, outcome: string, status: number): void {
  const { requestId, request, published, startedMs } = passage;
  const api = published.api.name;
  parts.traffic.end(api, outcome, status, (parts.monotonicMs() - startedMs) / 1000);
  if (parts.logger.isLevelEnabled('debug')) {
    parts.logger.debug({ requestId, api, method: request.method, outcome, status }, 'request');
  }
}
