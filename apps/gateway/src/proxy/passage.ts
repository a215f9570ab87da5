import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Route } from '@gatehouse/catalog/api';
import type { RefusalValues } from '@gatehouse/catalog/render-refusal';
import type { Logger } from '@gatehouse/observability/logger';
import type { Dispatcher } from 'undici';
import { allowedHeaders, ownAnswer, refusalAnswer } from '../edge/answer.js';
import { authorize, type DoorPorts } from '../edge/authorize.js';
import type { ClientAddress } from '../edge/client-address.server.js';
import { type Allow, type Deny, deny, denyAfterCharge } from '../edge/decision.js';
import type { IdentityTokens } from '../edge/identity-token.js';
import { peekLimits } from '../edge/peek-limits.js';
import { principalHeaders } from '../edge/principal.js';
import { earlyRefusal } from '../routes/early-refusal.js';
import type { PublishedApi } from '../routes/published-api.js';
import { type Routed, routeRequest } from '../routes/route-request.js';
import { findTokenEndpoint, type TokenEndpoint } from '../tokens/find-token-endpoint.js';
import type { AnswerTokens } from '../tokens/token-endpoints.client.js';
import type { UsageReports } from '../usage/usage-reports.client.js';
import type { Use } from '../usage/use.js';
import { useOf } from '../usage/use-of.js';
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
  readonly ports: DoorPorts;
  readonly answerTokens: AnswerTokens;
  readonly outletOf: (published: PublishedApi) => Outlet;
  readonly addressOf: (request: IncomingMessage) => ClientAddress;
  readonly identityOf: IdentityTokens;
  readonly streams: OpenStreams;
  readonly traffic: Traffic;
  readonly usage: Pick<UsageReports, 'record'>;
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

    const endpoint = findTokenEndpoint(published, request.method ?? '', passage.target);
    if (endpoint !== undefined) return await giveTokens(passage, parts, endpoint, client.address);

    const routed = routeRequest(published, request.method ?? '', passage.target);
    if (routed.kind === 'refused') return refuse(passage, parts, deny(routed.code));

    const edgeRequest = { rawHeaders: request.rawHeaders, method: request.method ?? '', address: client.address };
    const decision = await authorize(edgeRequest, published, routed, parts.ports);
    const use = useOf(passage, routed, decision, client.address, parts.ports.nowMs());
    if (decision.kind === 'deny') {
      const told = await peekLimits(decision, published, parts.ports.takeLimits);
      return refuse(passage, parts, told, routed.route, use);
    }

    const outlet = parts.outletOf(published);
    if (outlet.inFlight >= outlet.requestsMax) {
      return refuse(passage, parts, denyAfterCharge('upstream_unreachable', decision), routed.route, use);
    }
    const headers = upstreamHeaders(passage, decision, client);
    if (published.api.upstreamIdentity === 'token') {
      const token = parts.identityOf(decision.facts);
      headers.push('x-gatehouse-identity', typeof token === 'string' ? token : await token);
    }
    send(passage, parts, outlet, decision, routed, headers, use);
  } catch (error) {
    parts.logger.error({ err: error, requestId: passage.requestId, api: published.api.name }, 'a request failed');
    refuse(passage, parts, deny('verification_unavailable'));
  }
}

/** What the gateway answers itself under a path of the API; the upstream never sees it. */
async function giveTokens(
  passage: Passage,
  parts: PassageParts,
  endpoint: TokenEndpoint,
  address: string,
): Promise<void> {
  const { request, response, published, requestId } = passage;
  if (passage.awaitsContinue) response.writeContinue();
  const answer = await parts.answerTokens({ request, published, endpoint, requestId, address });
  if (answer.kind === 'refused') return refuse(passage, parts, deny(answer.code), undefined, undefined, answer.values);
  const given = ownAnswer(published, answer.body, requestId, parts.ports.nowMs());
  writeAnswer(request, response, given, parts.ownHeaders());
  finish(passage, parts, 'tokens', given.status);
}

function send(
  passage: Passage,
  parts: PassageParts,
  outlet: Outlet,
  decision: Allow,
  { route, path }: Routed,
  requestHeaders: readonly string[],
  use: Use | undefined,
): void {
  const { request, response, published, requestId } = passage;
  const ours = allowedHeaders(published, decision, requestId, parts.ports.nowMs());
  const responseHeaders = [...ours, ...parts.ownHeaders()];
  if (passage.awaitsContinue) response.writeContinue();
  outlet.inFlight++;
  let refusal: Deny | undefined;
  const startedMs = parts.monotonicMs();
  const stream: OpenStream = {
    presented: decision.presented,
    needs: decision.needs,
    startedMs,
    stop: () => stop(),
  };
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
      if (refusal !== undefined) refuse(passage, parts, refusal, route, use);
      else finish(passage, parts, outcome, response.statusCode, use);
    },
  });
}

/** What the upstream is told without proof, after what is left of the client's own headers. */
function upstreamHeaders(passage: Passage, decision: Allow, client: ClientAddress): string[] {
  return [
    ...principalHeaders(decision.facts),
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

function refuse(
  passage: Passage,
  parts: PassageParts,
  refusal: Deny,
  route?: Route,
  use?: Use,
  values: RefusalValues = {},
): void {
  const { published, requestId, request, response } = passage;
  const answer = refusalAnswer(published, refusal, { requestId, route, nowMs: parts.ports.nowMs(), values });
  writeAnswer(request, response, answer, parts.ownHeaders());
  if (answer.status >= 500) {
    const { code } = refusal;
    parts.logger.warn({ requestId, api: published.api.name, method: request.method, code }, 'request refused');
  }
  finish(passage, parts, refusal.code, answer.status, use);
}

function finish(passage: Passage, parts: PassageParts, outcome: string, status: number, use?: Use): void {
  const { requestId, request, published, startedMs } = passage;
  const api = published.api.name;
  parts.traffic.end(api, outcome, status, (parts.monotonicMs() - startedMs) / 1000);
  if (use !== undefined) {
    use.outcome = outcome;
    use.status = status;
    parts.usage.record(use);
  }
  if (parts.logger.isLevelEnabled('debug')) {
    parts.logger.debug({ requestId, api, method: request.method, outcome, status }, 'request');
  }
}
