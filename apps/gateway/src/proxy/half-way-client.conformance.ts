import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { SECRET } from './gateway-under-test.conformance.js';

/** For tests: a client that can be held half way. */

export const HEADERS = { host: 'api.example.com', authorization: `Bearer ${SECRET}` };

export function open(port: number, options: object = {}): ClientRequest {
  const request = httpRequest({ port, host: '127.0.0.1', path: '/v1/x', headers: HEADERS, agent: false, ...options });
  request.on('error', () => undefined);
  return request;
}

export function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => request.on('response', resolve).on('error', reject));
}

export function nextChunk(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => response.once('data', (chunk: Buffer) => resolve(chunk.toString())));
}

/** Everything until the end, and whether the end was a break. */
export async function whole(response: IncomingMessage): Promise<{ readonly body: string; readonly broke: boolean }> {
  let body = '';
  response.on('error', () => undefined);
  response.on('data', (chunk: Buffer) => {
    body += chunk;
  });
  await new Promise((resolve) => response.on('close', resolve));
  return { body, broke: !response.complete };
}
