import type { ServerResponse } from 'node:http';
import { BusUnavailable } from '@gatehouse/bus/bus';
import type { ProblemCode } from '@gatehouse/contracts/problems';
import type { Logger } from '@gatehouse/observability/logger';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { allowedMethods, type ServedRoute } from './allowed-methods.js';
import { problemAnswer } from './problem-answer.js';
import { type ProblemDetails, Refusal } from './refusal.js';
import { factsOf } from './request-facts.js';

/** Writes every error of the management API: what was thrown -> one row of PROBLEMS. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly routes: () => readonly ServedRoute[],
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { requestId } = factsOf(request.raw);
    const { code, details } = problemOf(error, request, this.routes());
    if (code === 'internal_error') this.logger.error({ err: error, requestId }, 'a management request failed');
    if (code === 'service_unavailable') this.logger.warn({ err: error, requestId }, 'a service did not answer');
    const { status, headers, body } = problemAnswer(code, details, requestId);
    // As bytes: Fastify would add a charset to a text, which this media type does not have.
    if (!reply.sent) void reply.code(status).headers(headers).send(Buffer.from(body));
  }
}

/** Writes a problem where no framework is involved yet, unless the client is gone or an answer has begun. */
export function writeProblem(
  response: ServerResponse,
  code: ProblemCode,
  details: ProblemDetails,
  requestId: string,
): void {
  if (response.destroyed || response.headersSent) return;
  const { status, headers, body } = problemAnswer(code, details, requestId);
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}

/** What the HTTP framework throws, by its status. */
const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'invalid_request',
  404: 'not_found',
  413: 'body_too_large',
  414: 'invalid_request',
  415: 'unsupported_media_type',
};

function problemOf(
  error: unknown,
  request: FastifyRequest,
  routes: readonly ServedRoute[],
): { code: ProblemCode; details: ProblemDetails } {
  if (error instanceof Refusal) return { code: error.code, details: error.details };
  if (error instanceof BusUnavailable) return { code: 'service_unavailable', details: { retryAfterSeconds: 1 } };
  if (error instanceof HttpException) {
    if (error.getStatus() === 404) return nothingHere(request, routes);
    const code = BY_STATUS[error.getStatus()];
    if (code !== undefined) return { code, details: {} };
  }
  return { code: 'internal_error', details: {} };
}

function nothingHere(request: FastifyRequest, routes: readonly ServedRoute[]) {
  const allow = allowedMethods(routes, request.url.split('?', 1)[0] ?? '');
  return allow.length === 0 || allow.includes(request.method)
    ? { code: 'not_found' as const, details: {} }
    : { code: 'method_not_allowed' as const, details: { allow } };
}
