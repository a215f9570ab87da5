import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long a client may go on sending after an answer of ours that did not wait for its body. */
const REFUSED_GRACE_MS = 2_000;
/** How long after an upstream's whole answer: an upload that was accepted gets more time to notice. */
export const ANSWERED_GRACE_MS = 10_000;

const closing = new WeakSet<Socket>();

export function hasRequestBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** Whether nothing more may be served on the connection, since an earlier answer on it said so (RFC 9112 section 9.6). */
export function isClosing(request: IncomingMessage): boolean {
  return closing.has(request.socket);
}

/**
 * Writes an answer of ours. Where the client has not sent its whole body by then, the connection ends with the answer.
 * @param write called once, at once or within the turn; it must bear that the client is gone.
 */
export function answerWithoutBody(request: IncomingMessage, response: ServerResponse, write: () => void): void {
  if (!isUnread(request)) {
    write();
    return;
  }
  // A small body that came together with the head has been read by then.
  setImmediate(() => {
    closeWhereUnread(request, response);
    write();
  });
}

/** Lets the connection end with this answer where some of the request's body is still to come. */
export function closeWhereUnread(request: IncomingMessage, response: ServerResponse): void {
  if (isUnread(request)) closeWith(request, response);
}

/**
 * Lets the connection end with the answer to a request that wished for another protocol and is served in this one: what
 * the client has sent right behind it is lost in Node's parser, and the next answer would be taken for the one to that.
 */
export function closeWhereUpgradeIgnored(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.upgrade !== undefined) closeWith(request, response);
}

/**
 * Lets the connection end with this answer; called before its head is written. What comes within a short grace is thrown
 * away: a connection that is closed on unread bytes is reset, and the client may lose the answer (RFC 9112 section 9.6).
 */
export function closeWith(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  if (response.headersSent || closing.has(socket)) return;
  closing.add(socket);
  response.shouldKeepAlive = false;
  const destroySoon = socket.destroySoon.bind(socket);
  // The server calls this after the last answer of a connection.
  socket.destroySoon = () => {
    if (request.complete) return destroySoon();
    socket.end();
    request.once('end', destroySoon).resume();
    destroyUnlessComplete(request, REFUSED_GRACE_MS);
  };
}

/** Bounds a body that trickles in although the answer, whoever gave it, was sent to its end. */
export function boundRestOfBody(request: IncomingMessage, response: ServerResponse, graceMs: number): void {
  if (hasRequestBody(request)) response.once('finish', () => destroyUnlessComplete(request, graceMs));
}

function isUnread(request: IncomingMessage): boolean {
  return !request.complete && hasRequestBody(request);
}

function destroyUnlessComplete(request: IncomingMessage, graceMs: number): void {
  if (request.complete) return;
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, graceMs).unref();
  request.once('close', () => clearTimeout(timer));
}
