import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from './answer.js';
import { answer, refuseLongBody } from './routes.js';

const BODY_LIMIT_BYTES = 1_048_576;
const STOP_DEADLINE_MS = 5_000;

export interface ExampleUpstreamOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
  /** Between two words of a stream. */
  readonly wordDelayMs?: number;
  readonly nowMs?: () => number;
}

/** An API behind the gateway, with made-up answers. @throws Error with code EADDRINUSE where the port is taken. */
export async function startExampleUpstream(
  options: ExampleUpstreamOptions,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { wordDelayMs = 5, nowMs = Date.now } = options;
  const server = createServer((request, response) => {
    serve(request, response, wordDelayMs, nowMs).catch(() => response.destroy());
  });
  // Longer than a gateway keeps its connections, so that the gateway is the one who closes them.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        setTimeout(() => server.closeAllConnections(), STOP_DEADLINE_MS).unref();
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  wordDelayMs: number,
  nowMs: () => number,
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const body = await readBody(request);
  if (body === undefined) {
    request.resume();
    return write(response, refuseLongBody(path, BODY_LIMIT_BYTES), wordDelayMs);
  }
  const nowSeconds = Math.floor(nowMs() / 1000);
  const said = answer({ method: request.method ?? 'GET', path, headers: request.headers, body, nowSeconds });
  return write(response, said, wordDelayMs);
}

/** @returns the body's text, or undefined where it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    bytes += (part as Buffer).length;
    if (bytes > BODY_LIMIT_BYTES) return undefined;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function write(response: ServerResponse, said: Answer, wordDelayMs: number): Promise<void> {
  if (said.kind === 'json') {
    response.writeHead(said.status, { 'content-type': 'application/json' }).end(JSON.stringify(said.body));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  for (const event of said.events) {
    if (response.destroyed) return;
    response.write(`data: ${event}\n\n`);
    await pause(wordDelayMs);
  }
  response.end();
}
