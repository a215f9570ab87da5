import type { RequestListener, Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { DataPlaneSettings } from './data-plane.server.js';
import { type GatewayUnderTest, listen, SECRET, startGateway } from './gateway-under-test.conformance.js';
import { gather, rawExchange, statusOf, until } from './raw-request.conformance.js';

const KEY = `Authorization: Bearer ${SECRET}\r\n`;

let upstream: Server | undefined;
let gateway: GatewayUnderTest | undefined;
let trickles: NodeJS.Timeout[] = [];

async function start(listener: RequestListener, changes: Partial<DataPlaneSettings> = {}): Promise<GatewayUnderTest> {
  upstream = await listen(listener);
  gateway = await startGateway(upstream, changes);
  return gateway;
}

afterEach(async () => {
  for (const trickle of trickles) clearInterval(trickle);
  trickles = [];
  await gateway?.stop();
  upstream?.closeAllConnections();
  upstream?.close();
  upstream = undefined;
});

const head = (line: string, ...more: string[]) =>
  `${line} HTTP/1.1\r\nHost: api.example.com\r\n${more.map((header) => `${header}\r\n`).join('')}`;
const last = `${head('GET /last', 'Connection: close')}${KEY}\r\n`;

/** Sends the head, then a byte every 20 ms for ever. */
function trickle(port: number, text: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(text);
  trickles.push(setInterval(() => socket.write('x'), 20));
  return socket;
}

describe('an answer that never has a body', () => {
  it.each([
    ['GET', 304],
    ['HEAD', 304],
    ['HEAD', 200],
    ['GET', 204],
  ])('leaves the connection of the client whole, whatever length it states: %s %i', async (method, status) => {
    const { port, metrics } = await start((request, response) => {
      if (request.url === '/last') response.end('the end');
      else response.writeHead(status, status === 204 ? {} : { 'content-length': '200', etag: '"1"' }).end();
    });
    const asked = `${head(`${method} /x`)}${KEY}\r\n`;
    const answers = (await rawExchange(port, asked + asked + last)).split(/(?=HTTP\/1\.1 )/);
    expect(answers.map(statusOf)).toEqual([status, status, 200]);
    expect(answers[2]).toContain('the end');
    expect(await metrics.metrics()).toContain(`outcome="answered",status="${status}"`);
    expect(await metrics.metrics()).not.toContain('outcome="cut"');
  });
});

describe('a client that is refused before it has sent its body', () => {
  it.each([
    ['without a good key', head('POST /x', 'Authorization: Bearer ex_live_noise'), 401],
    ['at an unknown API', 'POST /apis/none/x HTTP/1.1\r\nHost: localhost\r\n', 404],
    ['by its route', head('TRACE /x'), 404],
  ])('cannot hold its connection by trickling: %s', async (_, request, status) => {
    const { port } = await start((_request, response) => response.end());
    const startedMs = performance.now();
    const answer = await gather(trickle(port, `${request}Content-Length: 1000000\r\n\r\n`));
    expect(statusOf(answer)).toBe(status);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
  });

  it('still reads its whole answer, and nothing that it sends afterwards is served', async () => {
    const reached: (string | undefined)[] = [];
    const { port } = await start((request, response) => {
      reached.push(request.url);
      response.end();
    });
    const socket = connect(port, '127.0.0.1');
    const answer = gather(socket);
    socket.write(`${head('POST /x', 'Content-Length: 3000000')}\r\n`);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.write('u'.repeat(3_000_000) + last);
    expect(await answer).toMatch(/^HTTP\/1\.1 401 [\s\S]*credential_missing/);
    expect((await answer).match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(reached).toEqual([]);
  });

  it('keeps its connection where the body came with the head', async () => {
    const { port } = await start((_request, response) => response.end('the end'));
    const refused = ['POST /x', 'TRACE /x'].map((line) => `${head(line, 'Content-Length: 2')}\r\n{}`);
    const answers = (await rawExchange(port, refused.join('') + last)).split(/(?=HTTP\/1\.1 )/);
    expect(answers.map(statusOf)).toEqual([401, 404, 200]);
  });
});

describe('an upload that trickles', () => {
  it('does not hold its connection once the upstream has answered in full', async () => {
    const { port } = await start((_request, response) => response.end('enough'), { restOfBodyMs: 100 });
    const answer = await gather(trickle(port, `${head('POST /x', 'Content-Length: 1000000')}${KEY}\r\n`));
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*enough/);
  });

  it('takes as long as it needs while the upstream is waiting for it', async () => {
    let arrived = 0;
    const { port } = await start(
      (request, response) => {
        response.flushHeaders();
        request.on('data', (chunk: Buffer) => {
          arrived += chunk.length;
        });
        request.on('end', () => response.end(String(arrived)));
      },
      { restOfBodyMs: 1 },
    );
    const answer = gather(trickle(port, `${head('POST /x', 'Content-Length: 20', 'Connection: close')}${KEY}\r\n`));
    await until(() => arrived === 20, 'the whole upload is upstream');
    expect(await answer).toMatch(/\r\n20\r\n/);
  });
});

describe('a wish for another protocol', () => {
  it('is ignored where it is h2c: the request is served as it is, the last on its connection [RFC 9110 7.8]', async () => {
    let offered: unknown;
    const { port } = await start((request, response) => {
      offered = request.headers.upgrade ?? request.headers['http2-settings'];
      request.pipe(response);
    });
    const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'];
    const answer = await rawExchange(port, `${head('POST /x', ...offer, 'Content-Length: 5')}${KEY}\r\nhello${last}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n[\s\S]*hello/i);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(offered).toBeUndefined();
  });

  it('is refused after the answers to the requests before it on its connection', async () => {
    const { port } = await start((_request, response) => void setTimeout(() => response.end('slow'), 100));
    const wish = `${head('GET /socket', 'Connection: Upgrade', 'Upgrade: websocket')}${KEY}\r\n`;
    const answers = (await rawExchange(port, `${head('POST /p1')}${KEY}\r\n${wish}${last}`)).split(/(?=HTTP\/1\.1 )/);
    expect(answers.map(statusOf)).toEqual([200, 501]);
    expect(answers[0]).toContain('slow');
    expect(answers[1]).toContain('upgrade_unsupported');
  });
});
