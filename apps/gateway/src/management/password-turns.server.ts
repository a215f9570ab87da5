import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import type { FastifyInstance } from 'fastify';
import { Refusal } from './refusal.js';

/** Where a password is hashed, once or more. */
const ROUTES = new Set([
  '/auth/login',
  '/auth/claim',
  '/auth/signup',
  '/auth/email/verify',
  '/auth/password/change',
  '/auth/password/reset',
]);

const RETRY_AFTER_SECONDS = 1;

/**
 * Lets requests that hash a password take turns. One waits with its whole body here, so that nobody holds a turn by sending
 * slowly, and before anything else is done for it; who leaves meanwhile gives its turn on.
 */
export function takePasswordTurns(fastify: FastifyInstance, turns: BoundedQueue): void {
  fastify.addHook('onRoute', (route) => {
    if (!ROUTES.has(route.url)) return;
    route.preHandler = (_request, reply, done) => {
      const answer = () =>
        new Promise<void>((resolve) => {
          if (reply.raw.destroyed) return resolve();
          reply.raw.once('close', resolve);
          done();
        });
      turns.run(answer).then(({ kind }) => {
        if (kind === 'busy') done(new Refusal('service_unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS }));
      }, done);
    };
  });
}
