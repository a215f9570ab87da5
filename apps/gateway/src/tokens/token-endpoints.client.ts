import type { IncomingMessage } from 'node:http';
import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import { refreshTokens, signInForTokens } from '@gatehouse/contracts/access-tokens';
import type { Logger } from '@gatehouse/observability/logger';
import type { z } from 'zod';
import { errorsByField } from '../management/errors-by-field.js';
import type { AskService } from '../management/services.client.js';
import type { PublishedApi } from '../routes/published-api.js';
import type { TokenEndpoint } from './find-token-endpoint.js';
import { readJsonBody } from './read-json-body.server.js';
import { refusedToken, type TokenAnswer, tokenAnswer } from './token-answer.js';
import { refreshBody, tokenBody } from './token-bodies.js';

/** A password may wait for its turn to be compared. */
const DEADLINE_MS = 10_000;

/** One request to an endpoint that an API's profile mounts. */
interface TokenRequest {
  readonly request: IncomingMessage;
  readonly published: PublishedApi;
  readonly endpoint: TokenEndpoint;
  readonly requestId: string;
  readonly address: string;
}

export type AnswerTokens = (asked: TokenRequest) => Promise<TokenAnswer>;

/**
 * The endpoints at which programs sign in for a person and refresh what they got [A5, A7]. The client is the API itself: its
 * refresh tokens are good nowhere else.
 */
export function tokenEndpoints(ask: AskService, passwordTurns: BoundedQueue, logger: Logger): AnswerTokens {
  return async (asked) => {
    if (asked.endpoint === 'query') return refusedToken('request_malformed');
    const body = await readJsonBody(asked.request);
    if (body.kind === 'refused') return refusedToken(body.code);
    try {
      return await (asked.endpoint === 'token'
        ? signIn(asked, body.value, ask, passwordTurns)
        : refresh(asked, body.value, ask));
    } catch (error) {
      logger.warn({ err: error, requestId: asked.requestId, api: asked.published.api.name }, 'nobody can sign in');
      return refusedToken('sign_in_unavailable');
    }
  };
}

async function signIn(
  asked: TokenRequest,
  body: unknown,
  ask: AskService,
  passwordTurns: BoundedQueue,
): Promise<TokenAnswer> {
  const parsed = tokenBody.safeParse(body);
  if (!parsed.success) return invalidBody(parsed.error);
  const { email, password, second_factor: secondFactor } = parsed.data;
  const { name: api } = asked.published.api;
  const given = secondFactor === undefined ? {} : { secondFactor };
  const input = { email, password, ...given, api, ...clientOf(asked) };
  const turn = await passwordTurns.run(() => ask(signInForTokens, input, DEADLINE_MS));
  return turn.kind === 'busy' ? refusedToken('sign_in_unavailable') : tokenAnswer(turn.value);
}

async function refresh(asked: TokenRequest, body: unknown, ask: AskService): Promise<TokenAnswer> {
  const parsed = refreshBody.safeParse(body);
  if (!parsed.success) return invalidBody(parsed.error);
  const { refresh_token: refreshToken } = parsed.data;
  return tokenAnswer(await ask(refreshTokens, { refreshToken, ...clientOf(asked) }, DEADLINE_MS));
}

function clientOf({ published, request, requestId, address }: TokenRequest) {
  const { name, profile } = published.api;
  const userAgent = (request.headers['user-agent'] ?? '').slice(0, 512);
  return {
    clientId: name,
    refreshPrefix: profile.tokens?.endpoints?.refreshPrefix ?? '',
    origin: { address, requestId, userAgent },
  };
}

function invalidBody({ issues }: z.ZodError): TokenAnswer {
  return refusedToken('body_invalid', { errors: errorsByField(issues) });
}
