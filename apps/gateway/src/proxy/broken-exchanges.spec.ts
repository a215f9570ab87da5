import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:net';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { DataPlaneSettings } from './data-plane.server.js';
import { exampleFacts, type GatewayUnderTest, listen, SECRET, startGateway } from './gateway-under-test.conformance.js';
import { answerTo, HEADERS, nextChunk, open, whole } from './half-way-client.conformance.js';
import { rawExchange, rawRequest, statusOf, until } from './raw-request.conformance.js';

const KEY = `Authorization: Bearer ${SECRET}`;

let upstream: Server | undefined;
let gateway: GatewayUnderTest | undefined;

async function start(listener: RequestListener, changes: Partial<DataPlaneSettings> = {}): Promise<GatewayUnderTest> {
  upstream = await listen(listener);
  gateway = await startGateway(upstream, changes);
  return gateway;
}

afterEach(async () => {
  await gateway?.stop();
  upstream?.closeAllConnections();
  upstream?.close();
  upstream = undefined;
});

describe('an upstream that gives no answer', () => {
  it('is 502 in the dialect of the API where nobody listens', async () => {
    gateway = await startGateway(undefined);
    const answer = await rawExchange(gateway.port, rawRequest('GET /x', [KEY]));
    expect(statusOf(answer)).toBe(502);
    expect(answer).toContain('upstream_unreachable');
    expect(answer).toMatch(/x-ratelimit-remaining: 59/i);
  });

  it('is 504 where it takes too long', async () => {
    const { port } = await start(() => undefined, {
      upstreamTimeouts: { connectMs: 1_000, headersMs: 200, bodyMs: 0 },
    });
    const answer = await rawExchange(port, rawRequest('GET /x', [KEY]));
    expect(statusOf(answer)).toBe(504);
    expect(answer).toContain('upstream_timeout');
  });

  it.each([
    ['nonsense', 'nonsense\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a protocol of its own', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
    ['nothing but promises', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(50)],
    ['a status that is none', 'HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n'],
    ['endless headers', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`],
  ])('is 502 where it says %s [H-110]', async (_, bytes) => {
    const strange = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(bytes));
    });
    await new Promise<void>((resolve) => strange.listen(0, '127.0.0.1', resolve));
    gateway = await startGateway(strange);
    const answer = await rawExchange(gateway.port, rawRequest('GET /x', [KEY]));
    expect(statusOf(answer)).toBe(502);
    strange.close();
  });
});

describe('a client that leaves', () => {
  it('ends the request upstream, before the answer and within it, and nothing stays in flight', async () => {
    const ended: string[] = [];
    const begun: string[] = [];
    const { port, metrics } = await start((request, response) => {
      const path = request.url ?? '';
      begun.push(path);
      if (path === '/within') response.write('data: 1\n\n');
      response.on('close', () => ended.push(path));
    });
    for (const path of ['/before', '/within']) {
      const request = open(port, { path });
      request.end();
      if (path === '/within') await nextChunk(await answerTo(request));
      await until(() => begun.includes(path), `${path} is upstream`);
      request.destroy();
      await until(() => ended.includes(path), `${path} has ended upstream`);
    }
    expect(await metrics.metrics()).toMatch(/gateway_requests_in_flight 0\n/);
    expect(await metrics.metrics()).toMatch(/gateway_requests_total\{api="example",outcome="left",status="200"\} 2\n/);
  });
});

describe('a stream whose key is revoked', () => {
  it('ends within a second of the revocation, while the stream of another key goes on', async () => {
    const { port, keys, verifyBatches } = await start((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
    });
    const otherSecret = mintKey('ex_live_', Buffer.alloc(32, 5));
    keys.set(digestKey(otherSecret).toString('hex'), exampleFacts({ keyId: 'key_2' }));
    const streams = await Promise.all(
      [SECRET, otherSecret].map(async (secret) => {
        const request = open(port, { headers: { ...HEADERS, authorization: `Bearer ${secret}` } });
        request.end();
        const response = await answerTo(request);
        await nextChunk(response);
        return response;
      }),
    );
    const [revoked, other] = streams as [IncomingMessage, IncomingMessage];
    const end = whole(revoked);
    const otherEnd = whole(other);
    const before = verifyBatches.length;
    await until(() => verifyBatches.length >= before + 2, 'both keys are asked for again, twice');
    expect(revoked.destroyed).toBe(false);
    const revokedMs = performance.now();
    keys.set(digestKey(SECRET).toString('hex'), exampleFacts({ revision: 2, state: 'revoked' }));
    expect((await end).broke).toBe(true);
    expect(performance.now() - revokedMs).toBeLessThan(1_000);
    expect(other.destroyed).toBe(false);
    other.destroy();
    await otherEnd;
  });
});

describe('a gateway that is being stopped', () => {
  it('finishes what is under way, and tells new requests to close', async () => {
    let finish: () => void = () => undefined;
    const { port, dataPlane } = await start((request, response) => {
      if (request.url === '/slow') finish = () => response.end('finished');
      else response.end('quick');
    });
    const request = open(port, { path: '/slow' });
    request.end();
    const slow = answerTo(request);
    await until(() => gateway?.takeBatches.length === 1, 'the request is under way');
    const drained = dataPlane.drain();
    expect(dataPlane.notReady()).toContain('draining');
    const quick = await rawExchange(port, `GET /q HTTP/1.1\r\nHost: api.example.com\r\n${KEY}\r\n\r\n`);
    expect(quick).toMatch(/\r\nconnection: close\r\n/i);
    expect(quick).toContain('quick');
    finish();
    expect((await whole(await slow)).body).toBe('finished');
    await drained;
  });
});
