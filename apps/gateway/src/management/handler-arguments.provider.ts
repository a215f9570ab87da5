import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { actorOf, sessionOf } from './caller.js';
import { factsOf } from './request-facts.js';

const raw = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>().raw;

/** The session that the guard has let in; on routes for signed-in accounts. */
export const TheSession = createParamDecorator((_data: unknown, context: ExecutionContext) => sessionOf(raw(context)));

/** On whose behalf a route with a permission acts. */
export const TheActor = createParamDecorator((_data: unknown, context: ExecutionContext) => actorOf(raw(context)));

/** Where a request comes from. */
export interface Origin {
  readonly address: string;
  readonly requestId: string;
  readonly userAgent: string;
}

/** Where the request comes from, as services write it to session lists and audit logs. */
export const TheOrigin = createParamDecorator((_data: unknown, context: ExecutionContext): Origin => {
  const request = raw(context);
  const { address, requestId } = factsOf(request);
  return { address, requestId, userAgent: (request.headers['user-agent'] ?? '').slice(0, 512) };
});
