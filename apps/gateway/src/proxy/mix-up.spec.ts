import { randomInt } from 'node:crypto';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { expect, it } from '@jest/globals';
import { listen, SECRET, startGateway } from './gateway-under-test.conformance.js';

const CLIENTS = 64;
const REQUESTS = 50;

interface Ending {
  readonly status: number;
  readonly body: string;
  readonly whole: boolean;
}

function ask(agent: Agent, port: number, id: string): Promise<Ending | 'no answer'> {
  return new Promise((resolve) => {
    const headers = { host: 'api.example.com', authorization: `Bearer ${SECRET}`, 'x-id': id };
    const request = httpRequest({ agent, port, host: '127.0.0.1', method: 'POST', path: `/${id}`, headers });
    request.on('error', () => resolve('no answer'));
    request.on('response', (response: IncomingMessage) => {
      let body = '';
      response.on('error', () => undefined);
      response.on('data', (chunk: Buffer) => {
        body += chunk;
      });
      response.on('close', () => resolve({ status: response.statusCode ?? 0, body, whole: response.complete }));
    });
    request.end(`body of ${id}`);
  });
}

it('no answer ever reaches another request, while the upstream resets, cuts and half-closes at random [H-113]', async () => {
  const asked = new Map<string, number>();
  const upstream = await listen((request, response) => {
    const id = String(request.headers['x-id']);
    asked.set(id, (asked.get(id) ?? 0) + 1);
    let body = '';
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => {
      body += chunk;
    });
    request.on('end', () => {
      const fate = randomInt(12);
      const text = `answer to ${id} with ${body}`;
      if (fate === 0) request.socket.resetAndDestroy();
      else if (fate === 1) request.socket.end();
      else if (fate === 2) {
        response.writeHead(200, { 'content-length': text.length });
        response.write(text.slice(0, 5), () => response.destroy());
      } else if (fate === 3) response.writeHead(200, { connection: 'close' }).end(text);
      else response.end(text);
    });
  });
  const gateway = await startGateway(upstream);
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  let good = 0;
  const client = async (name: number) => {
    for (let turn = 0; turn < REQUESTS; turn++) {
      const id = `c${name}-${turn}`;
      const ending = await ask(agent, gateway.port, id);
      if (ending === 'no answer') continue;
      const { status, body, whole } = ending;
      if (status === 502) continue;
      expect(status).toBe(200);
      const expected = `answer to ${id} with body of ${id}`;
      if (whole) expect(body).toBe(expected);
      else expect(expected.startsWith(body)).toBe(true);
      if (whole) good++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, name) => client(name)));
  expect(good).toBeGreaterThan((CLIENTS * REQUESTS) / 3);
  expect(Math.max(...asked.values())).toBe(1);
  expect(await gateway.metrics.metrics()).toMatch(/gateway_requests_in_flight 0\n/);
  agent.destroy();
  await gateway.stop();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});
