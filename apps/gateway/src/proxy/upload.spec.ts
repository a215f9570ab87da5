import { createHash } from 'node:crypto';
import type { RequestListener, Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type GatewayUnderTest, listen, SECRET, startGateway } from './gateway-under-test.conformance.js';
import { answerTo, HEADERS, open, whole } from './half-way-client.conformance.js';
import { gather, rawExchange, until } from './raw-request.conformance.js';

const KEY = `Authorization: Bearer ${SECRET}`;

let upstream: Server | undefined;
let gateway: GatewayUnderTest | undefined;

async function start(listener: RequestListener): Promise<GatewayUnderTest> {
  upstream = await listen(listener);
  gateway = await startGateway(upstream);
  return gateway;
}

afterEach(async () => {
  await gateway?.stop();
  upstream?.closeAllConnections();
  upstream?.close();
  upstream = undefined;
});

describe('an upload', () => {
  it('is streamed: its first bytes are upstream before its last are sent, and memory stays small', async () => {
    let arrived = 0;
    const hash = createHash('sha256');
    const { port } = await start((request, response) => {
      request.on('data', (chunk: Buffer) => {
        arrived += chunk.length;
        hash.update(chunk);
      });
      request.on('end', () => response.end(hash.digest('hex')));
    });
    const piece = Buffer.alloc(64 * 1024, 'u');
    const pieces = 800;
    const expected = createHash('sha256');
    const request = open(port, { method: 'POST', headers: { ...HEADERS, 'content-length': piece.length * pieces } });
    request.write(piece);
    expected.update(piece);
    await until(() => arrived === piece.length, 'the first piece is upstream');
    const rssBefore = process.memoryUsage().rss;
    for (let sent = 1; sent < pieces; sent++) {
      expected.update(piece);
      if (!request.write(piece)) await new Promise((resolve) => request.once('drain', resolve));
    }
    request.end();
    const { body } = await whole(await answerTo(request));
    expect(body).toBe(expected.digest('hex'));
    expect(arrived).toBe(piece.length * pieces);
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(40_000_000);
  });

  it('is held back while the upstream does not read', async () => {
    const { port } = await start((request) => request.pause());
    const piece = Buffer.alloc(64 * 1024, 'u');
    const request = open(port, { method: 'POST' });
    let accepted = 0;
    let stuck = false;
    while (!stuck && accepted < 100_000_000) {
      accepted += piece.length;
      if (request.write(piece)) continue;
      stuck = await Promise.race([
        new Promise<boolean>((resolve) => request.once('drain', () => resolve(false))),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 500)),
      ]);
    }
    expect(accepted).toBeLessThan(40_000_000);
    request.destroy();
  });

  it('ends the upstream request when the client leaves within it', async () => {
    let aborted = false;
    let began = false;
    const { port } = await start((request) => {
      began = true;
      request.on('error', () => undefined);
      request.on('close', () => {
        aborted = !request.complete;
      });
      request.resume();
    });
    const request = open(port, { method: 'POST', headers: { ...HEADERS, 'content-length': 1_000_000 } });
    request.write('first');
    await until(() => began, 'the upload begins');
    request.destroy();
    await until(() => aborted, 'the upstream sees it end');
  });

  it('is asked for with 100 Continue only when it may go on', async () => {
    let body = '';
    const { port } = await start((request, response) => {
      request.on('data', (chunk: Buffer) => {
        body += chunk;
      });
      request.on('end', () => response.end('done'));
    });
    const headers = ['Content-Length: 5', 'Expect: 100-continue', 'Connection: close'];
    const head = (key: string) => ['POST /x HTTP/1.1', 'Host: api.example.com', key, ...headers, '', ''].join('\r\n');
    expect(await rawExchange(port, head('X-None: 1'))).toMatch(/^HTTP\/1\.1 401 /);
    const socket = connect(port, '127.0.0.1');
    const answer = gather(socket);
    socket.write(head(KEY));
    await new Promise((resolve) => socket.once('data', resolve));
    expect(body).toBe('');
    socket.write('hello');
    expect(await answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(body).toBe('hello');
  });

  it('that the upstream refuses half way still gets the answer, and the connection stays whole', async () => {
    const { port } = await start((_, response) => {
      // By then the upload stands still, since nobody reads it.
      setTimeout(() => {
        response.writeHead(413, { 'content-length': '9' });
        response.end('too large');
      }, 150);
    });
    const line = (method: string, more: string) =>
      `${method} /x HTTP/1.1\r\nHost: api.example.com\r\n${KEY}\r\n${more}\r\n`;
    const upload = line('POST', 'Content-Length: 30000000\r\n') + 'u'.repeat(30_000_000);
    const answers = await rawExchange(port, upload + line('GET', 'Connection: close\r\n'));
    expect(answers.match(/HTTP\/1\.1 413 /g)).toHaveLength(2);
    expect(answers.match(/too large/g)).toHaveLength(2);
  });

  it('is never sent twice: an upstream that dies on it is asked once [H-114]', async () => {
    let asked = 0;
    const { port } = await start((request) => {
      asked++;
      request.on('data', () => request.destroy());
    });
    const request = open(port, { method: 'POST' });
    request.end('pay 100');
    const response = await answerTo(request);
    expect(response.statusCode).toBe(502);
    expect((await whole(response)).body).toContain('upstream_unreachable');
    expect(asked).toBe(1);
    expect(gateway?.takeBatches).toEqual([1]);
  });
});
