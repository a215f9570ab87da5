import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ProblemCode } from '@gatehouse/contracts/problems';
import type { EarlyRefusal } from './early-refusal.js';
import { problemAnswer } from './problem-answer.js';

const CODES: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

const refused = new WeakSet<Duplex>();

/** How what the HTTP parser has given up on is refused; undefined: the client is gone. */
export function refusalOfUnreadable(error: NodeJS.ErrnoException): EarlyRefusal | undefined {
  return error.code === 'ECONNRESET' ? undefined : { code: CODES[error.code ?? ''] ?? 'invalid_request' };
}

/**
 * Answers on a connection that the HTTP server has let go, and closes it: no second request is read from it.
 * @param earlier the last answer that is still under way to a request that came in full on this connection. Whatever is
 * written before its end would be read as that answer (RFC 9112 section 9.3.2), so it is the last one.
 * @param headers what every answer has
 */
export function refuseConnection(
  socket: Duplex,
  refusal: EarlyRefusal | undefined,
  earlier: ServerResponse | undefined,
  headers: Readonly<Record<string, string>>,
  requestId: string,
): void {
  if (refused.has(socket)) return;
  refused.add(socket);
  socket.on('error', () => socket.destroy());
  const { _httpMessage: pending } = socket as Duplex & { _httpMessage?: ServerResponse | null };
  if (refusal === undefined || !socket.writable) socket.destroy();
  else if (earlier !== undefined) closeAfter(earlier, socket);
  else if (pending?.headersSent === true) socket.destroy();
  else socket.end(answerText(refusal, headers, requestId));
}

function closeAfter(response: ServerResponse, socket: Duplex): void {
  if (!response.headersSent) response.shouldKeepAlive = false;
  response.once('finish', () => socket.end(() => socket.destroy()));
}

function answerText({ code, details }: EarlyRefusal, headers: Readonly<Record<string, string>>, requestId: string) {
  const problem = problemAnswer(code, details ?? {}, requestId);
  const all = {
    ...headers,
    ...problem.headers,
    'x-request-id': requestId,
    'content-length': String(Buffer.byteLength(problem.body)),
    connection: 'close',
  };
  const head = Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n${head}\r\n${problem.body}`;
}
