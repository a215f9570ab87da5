/**
 * Better Auth's API keys in front of the bare proxy: `verifyApiKey` for each request, with its own rate limit (one
 * window) on. STORE=sqlite is SQLite in memory; STORE=memory is the adapter that its makers offer for development.
 */
import { createServer } from 'node:http';
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { getMigrations } from 'better-auth/db/migration';
import { SqliteDialect } from 'kysely';
import Database from 'libsql';
import { createForward } from './proxy.mjs';

const { PORT, UPSTREAM, API_KEY, LIMIT, STORE } = process.env;
const DAY_MS = 86_400_000;

const options = {
  baseURL: `http://127.0.0.1:${PORT}`,
  secret: 'only-for-this-benchmark-7f1b9c2e5d8a4036',
  database:
    STORE === 'sqlite'
      ? { dialect: new SqliteDialect({ database: new Database(':memory:') }), type: 'sqlite' }
      : memoryAdapter({ user: [], session: [], account: [], verification: [], apikey: [] }),
  emailAndPassword: { enabled: true },
  logger: { disabled: true },
  plugins: [apiKey({ customKeyGenerator: () => API_KEY, rateLimit: { enabled: true } })],
};
if (STORE === 'sqlite') await (await getMigrations(options)).runMigrations();

const auth = betterAuth(options);
const { user } = await auth.api.signUpEmail({
  body: { email: 'bench@example.com', password: 'bench-bench-bench', name: 'bench' },
});
await auth.api.createApiKey({
  body: { userId: user.id, rateLimitEnabled: true, rateLimitMax: Number(LIMIT), rateLimitTimeWindow: DAY_MS },
});

const forward = createForward(UPSTREAM);

createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
  const [scheme, key] = (request.headers.authorization ?? '').split(' ');
  if (scheme !== 'Bearer' || key === undefined) return response.writeHead(401).end();
  try {
    const { valid, error } = await auth.api.verifyApiKey({ body: { key } });
    if (valid) return forward(request, response);
    response.writeHead(error?.code === 'RATE_LIMITED' ? 429 : 401).end();
  } catch {
    response.writeHead(503).end();
  }
}).listen(Number(PORT), '127.0.0.1');
