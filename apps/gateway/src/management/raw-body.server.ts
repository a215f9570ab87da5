import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Refusal } from './refusal.js';
import { factsOf } from './request-facts.js';

/** What a route that takes its body as the bytes that arrived may hold of them. */
interface RawBodyRule {
  readonly bytesMax: number;
  /** Requests that may be under way, so that their bodies together are bounded; more of them are answered with 503. */
  readonly atOnceMax: number;
  /** The part of these that one address may take, so that it cannot keep the others out. */
  readonly atOnceForOneMax: number;
}

const RETRY_AFTER_SECONDS = 5;

/** The handler's body is a Buffer, not parsed, or undefined where it is empty; `application/json` all the same. */
export const TakesRawBody = (rule: RawBodyRule) => RouteConfig({ rawBody: rule });

/** Whether the route of a request takes its body as bytes. */
export function takesRawBody(request: FastifyRequest): boolean {
  return ruleOf(request.routeOptions.config) !== undefined;
}

/** Gives a route that is being added the limits of its rule, if it has one. */
export function limitRawBody(route: RouteOptions): void {
  const rule = ruleOf(route.config);
  if (rule === undefined) return;
  route.bodyLimit = rule.bytesMax;
  route.onRequest = admission(rule);
}

function ruleOf(config: object | undefined): RawBodyRule | undefined {
  return (config as { rawBody?: RawBodyRule } | undefined)?.rawBody;
}

/** Decides before any of the body is read. */
function admission({ atOnceMax, atOnceForOneMax }: RawBodyRule) {
  const underWay: string[] = [];
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { address } = factsOf(request.raw);
    const own = underWay.filter((one) => one === address).length;
    if (underWay.length >= atOnceMax || own >= atOnceForOneMax) {
      throw new Refusal('service_unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    underWay.push(address);
    reply.raw.once('close', () => underWay.splice(underWay.indexOf(address), 1));
  };
}
