/** Authentication, a limit and a proxy from Fastify's own plugins, in one process: one static key, one window. */
import bearerAuth from '@fastify/bearer-auth';
import httpProxy from '@fastify/http-proxy';
import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';

const { PORT, UPSTREAM, API_KEY, LIMIT } = process.env;

const app = fastify({ keepAliveTimeout: 60_000 });
await app.register(bearerAuth, { keys: new Set([API_KEY]) });
await app.register(rateLimit, {
  max: Number(LIMIT),
  timeWindow: '1 day',
  keyGenerator: (request) => request.headers.authorization,
});
await app.register(httpProxy, { upstream: UPSTREAM, undici: { connections: 256, pipelining: 1 } });
await app.listen({ port: Number(PORT), host: '127.0.0.1' });
