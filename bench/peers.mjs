import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { startNats } from './nats.mjs';
import { accepts, freePort } from './processes.mjs';

/** High enough that no measured request is refused. */
export const NO_LIMIT = 1_000_000_000;

const API_KEY = `bench_${randomBytes(24).toString('hex')}`;

/**
 * The peers: `start(processes, upstreamUrl, limit)` resolves to a contestant, which is where to send requests, with
 * which headers, and which processes take part in answering them.
 */
export const PEERS = {
  bare: { title: 'Bare Node proxy (no checks)', checks: false, start: singleProcess('bare-proxy') },
  fastify: {
    title: 'Fastify: bearer-auth + rate-limit + http-proxy, one static key, one window',
    checks: true,
    start: singleProcess('fastify-peer'),
  },
  betterAuth: {
    title: 'Better Auth verifyApiKey (SQLite in memory) + bare proxy',
    checks: true,
    start: singleProcess('better-auth-peer', { STORE: 'sqlite' }),
  },
  betterAuthMemory: {
    title: 'Better Auth verifyApiKey (its memory adapter, for development) + bare proxy',
    checks: true,
    start: singleProcess('better-auth-peer', { STORE: 'memory' }),
  },
  clientProxy: {
    title: 'Nest ClientProxy.send twice per request + bare proxy',
    checks: true,
    start: startClientProxyPeer,
  },
};

function singleProcess(program, env = {}) {
  return async (processes, upstream, limit) => {
    const started = await startProgram(processes, program, { ...env, UPSTREAM: upstream, LIMIT: limit });
    return contestant(started.port, [{ name: 'proxy', process: started.process }]);
  };
}

async function startClientProxyPeer(processes, upstream, limit) {
  const nats = await startNats(processes);
  const env = { UPSTREAM: upstream, LIMIT: limit, NATS_URL: nats.url };
  const keys = await startProgram(processes, 'client-proxy-peer/keys', env, 'ready');
  const ratelimit = await startProgram(processes, 'client-proxy-peer/ratelimit', env, 'ready');
  const gateway = await startProgram(processes, 'client-proxy-peer/gateway', env);
  return contestant(gateway.port, [
    { name: 'gateway', process: gateway.process },
    { name: 'keys', process: keys.process },
    { name: 'ratelimit', process: ratelimit.process },
    { name: 'nats', process: nats.process },
  ]);
}

function contestant(port, members) {
  return { port, headers: { Authorization: `Bearer ${API_KEY}` }, members };
}

async function startProgram(processes, program, env, readyText) {
  const port = await freePort();
  const started = await processes.start({
    name: program,
    command: process.execPath,
    args: [fileURLToPath(new URL(`./peers/${program}.mjs`, import.meta.url))],
    env: { ...env, PORT: String(port), API_KEY, LIMIT: String(env.LIMIT) },
    ready: async ({ output }) => (readyText === undefined ? accepts(port) : output.includes(readyText)),
  });
  return { port, process: started };
}
