/** The obvious way to build it with NestJS: two `ClientProxy.send` over NATS for each request, then the bare proxy. */
import 'reflect-metadata';
import { createServer } from 'node:http';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';
import { createForward } from '../proxy.mjs';

const { PORT, UPSTREAM, NATS_URL } = process.env;

const client = ClientProxyFactory.create({ transport: Transport.NATS, options: { servers: [NATS_URL] } });
await client.connect();
const ask = (pattern, data) => firstValueFrom(client.send(pattern, data).pipe(timeout(2_000)));

const forward = createForward(UPSTREAM);

createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
  const [scheme, key] = (request.headers.authorization ?? '').split(' ');
  if (scheme !== 'Bearer' || key === undefined) return response.writeHead(401).end();
  try {
    const verdict = await ask('keys.verify', { key });
    if (!verdict.valid) return response.writeHead(401).end();
    const taken = await ask('ratelimit.take', { keyId: verdict.keyId, organizationId: verdict.organizationId });
    if (!taken.allowed) return response.writeHead(429).end();
    forward(request, response);
  } catch {
    response.writeHead(503).end();
  }
}).listen(Number(PORT), '127.0.0.1');
