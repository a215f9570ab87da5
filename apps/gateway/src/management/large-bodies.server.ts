import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from './refusal.js';

const LARGE_BODY_BYTES = 2 * 1024 * 1024;
/** At once; so many bodies of that size fit into any gateway's memory. */
const LARGE_BODIES_MAX = 8;

/** Routes that take more than the others. */
const ROUTES = new Set(['/api/v1/keys/import']);

/**
 * Lets some routes take large bodies, a few at a time. Who sends one is asked before anything of it is read, so that nobody
 * else can fill the memory, or the few places.
 * @param admit throws a Refusal for who may not send anything
 */
export function takeLargeBodies(fastify: FastifyInstance, admit: (request: FastifyRequest) => Promise<void>): void {
  let underWay = 0;
  fastify.addHook('onRoute', (route) => {
    if (!ROUTES.has(route.url)) return;
    route.bodyLimit = LARGE_BODY_BYTES;
    route.onRequest = async (request, reply) => {
      await admit(request);
      if (underWay === LARGE_BODIES_MAX) throw new Refusal('service_unavailable', { retryAfterSeconds: 1 });
      underWay++;
      reply.raw.once('close', () => underWay--);
    };
  });
}
