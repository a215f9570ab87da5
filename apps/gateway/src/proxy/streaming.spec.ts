import type { RequestListener, Server } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type GatewayUnderTest, listen, SECRET, startGateway } from './gateway-under-test.conformance.js';
import { answerTo, nextChunk, open, whole } from './half-way-client.conformance.js';
import { rawExchange, rawRequest, statusOf, until } from './raw-request.conformance.js';

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

describe('an answer on its way down', () => {
  it('arrives piece by piece: each event is there before the upstream sends the next', async () => {
    let write: (text: string) => void = () => undefined;
    const { port } = await start((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      write = (text) => (text === '' ? response.end() : response.write(text));
    });
    const request = open(port);
    request.end();
    const response = await answerTo(request);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/event-stream');
    for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      const arrives = nextChunk(response);
      write(event);
      expect(await arrives).toBe(event);
    }
    const rest = whole(response);
    write('');
    expect((await rest).broke).toBe(false);
  });

  it('holds the upstream back while the client does not read', async () => {
    let sent = 0;
    const piece = Buffer.alloc(64 * 1024, 1);
    const { port } = await start((_, response) => {
      const more = () => {
        while (sent < 100_000_000) {
          sent += piece.length;
          if (!response.write(piece)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    const request = open(port);
    request.end();
    const response = await answerTo(request);
    response.pause();
    let before = -1;
    let pollsAlike = 0;
    await until(() => {
      pollsAlike = sent === before ? pollsAlike + 1 : 0;
      before = sent;
      return sent > 0 && pollsAlike === 100;
    }, 'the upstream stops');
    expect(sent).toBeLessThan(40_000_000);
    let received = 0;
    response.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    response.resume();
    await new Promise((resolve) => response.on('end', resolve));
    expect(received).toBe(sent);
  });

  it('breaks visibly when the upstream dies within it, chunked or with a length', async () => {
    const { port } = await start((request, response) => {
      if (request.url === '/length') response.writeHead(200, { 'content-length': '1000' });
      response.write('half an ans');
      setTimeout(() => response.destroy(), 20);
    });
    for (const path of ['/chunked', '/length']) {
      const request = open(port, { path });
      request.end();
      const answer = await whole(await answerTo(request));
      expect(answer).toEqual({ body: 'half an ans', broke: true });
    }
  });

  it('has no body for HEAD, 204 and 304, and the connection goes on', async () => {
    const { port } = await start((request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, { 'x-status': String(status), etag: '"1"' });
      response.end(request.method === 'HEAD' || status !== 200 ? undefined : 'body');
    });
    const line = (method: string, path: string, last = false) =>
      `${method} ${path} HTTP/1.1\r\nHost: api.example.com\r\n${KEY}\r\n${last ? 'Connection: close\r\n' : ''}\r\n`;
    const answers = await rawExchange(
      port,
      line('HEAD', '/200') + line('GET', '/204') + line('GET', '/304') + line('GET', '/200', true),
    );
    expect(answers.match(/x-status: \d+/g)).toEqual([
      'x-status: 200',
      'x-status: 204',
      'x-status: 304',
      'x-status: 200',
    ]);
    expect(answers.match(/body/g)).toHaveLength(1);
  });

  it('loses its trailers and what belongs to the other connection', async () => {
    const { port } = await start((_, response) => {
      response.writeHead(200, { Trailer: 'X-Sum', 'Keep-Alive': 'timeout=99', Server: 'secret/1.0' });
      response.addTrailers({ 'X-Sum': '1' });
      response.end('x');
    });
    const answer = await rawExchange(port, rawRequest('GET /x', [KEY]));
    expect(statusOf(answer)).toBe(200);
    expect(answer).not.toMatch(/x-sum|timeout=99|secret/i);
  });
});
