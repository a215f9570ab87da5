import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import type { Logger } from '@gatehouse/observability/logger';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerWithoutBody, closeWhereUnread } from '../proxy/unread-body.server.js';
import type { ServedRoute } from './allowed-methods.js';
import type { FrontDoor } from './front-door.server.js';
import { takeLargeBodies } from './large-bodies.server.js';
import { takePasswordTurns } from './password-turns.server.js';
import { writeProblem } from './problem.filter.js';
import { limitRawBody, takesRawBody } from './raw-body.server.js';
import { Refusal } from './refusal.js';
import { factsOf } from './request-facts.js';
import type { RequestMetrics } from './request-metrics.server.js';

const BODY_LIMIT_BYTES = 64 * 1024;

/** Fastify as Nest's HTTP framework, behind our own server. */
export interface ManagementFramework {
  readonly adapter: FastifyAdapter;
  /** Every route that is served, as the router knows it. */
  readonly routes: readonly ServedRoute[];
}

/**
 * @param openDoor makes the server that hands the framework its requests
 * @param admit throws a Refusal for who may not send a large body
 * @param passwordTurns what hashes a password waits here for its turn
 */
export function managementFramework(
  openDoor: (management: (request: IncomingMessage, response: ServerResponse) => void) => FrontDoor['server'],
  admit: (request: FastifyRequest) => Promise<void>,
  passwordTurns: BoundedQueue,
  metrics: RequestMetrics,
  logger: Logger,
): ManagementFramework {
  const routes: ServedRoute[] = [];
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    serverFactory: openDoor,
    // The front door answers what cannot be read.
    clientErrorHandler: () => undefined,
    genReqId: (request: IncomingMessage) => factsOf(request).requestId,
    // An undecodable path, before any route is looked for.
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      const details = { detail: 'The path cannot be decoded.' };
      answerWithoutBody(request.raw, reply.raw, () => writeProblem(reply.raw, 'invalid_request', details, request.id));
    },
  });
  const fastify: FastifyInstance = adapter.getInstance();
  fastify.addHook('onRoute', (route) => {
    for (const one of [route.method].flat()) routes.push({ method: one, path: route.url });
    limitRawBody(route);
  });
  fastify.addHook('onSend', async (request, reply) => closeWhereUnread(request.raw, reply.raw));
  fastify.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unmatched';
    const seconds = reply.elapsedTime / 1000;
    metrics.count({ method: request.method, route, status: reply.statusCode }, seconds);
    const { address } = factsOf(request.raw);
    logger.info(
      { requestId: request.id, method: request.method, route, status: reply.statusCode, address, seconds },
      'management request',
    );
  });
  takeLargeBodies(fastify, admit);
  takePasswordTurns(fastify, passwordTurns);
  readOnlyJson(fastify);
  return { adapter, routes };
}

/** Where OAuth clients send forms (RFC 6749 section 4); handed on as text. */
const FORMS_UNDER = '/oauth/';

/** JSON, and forms of OAuth clients, are the only bodies that are read; anything else is 415. An empty body is no body. */
function readOnlyJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    if (!isPlainUtf8(request.headers)) return done(new Refusal('unsupported_media_type', NOT_PLAIN));
    if (takesRawBody(request)) return done(null, body);
    void parse(request, body.toString('utf8'), (error, value) => {
      if (error !== null) done(new Refusal('malformed_json'));
      else done(null, value);
    });
  });
  fastify.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    if (!request.routeOptions.url?.startsWith(FORMS_UNDER) || !isPlainUtf8(request.headers)) {
      return done(new Refusal('unsupported_media_type'));
    }
    done(null, body.toString('utf8'));
  });
  // Some clients announce a body of no type for a POST without one.
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else done(new Refusal('unsupported_media_type'));
  });
}

const NOT_PLAIN = { detail: 'The body must be UTF-8, without a content encoding.' };

/** JSON is UTF-8 (RFC 8259 section 8.1); a body that says it is something else would be read as what it is not. */
function isPlainUtf8(headers: IncomingMessage['headers']): boolean {
  if ((headers['content-encoding'] ?? 'identity').trim().toLowerCase() !== 'identity') return false;
  const charsets = [...(headers['content-type'] ?? '').matchAll(/;\s*charset\s*=\s*"?([^";\s]*)/gi)];
  return charsets.every(([, charset]) => charset?.toLowerCase() === 'utf-8' || charset?.toLowerCase() === 'utf8');
}
