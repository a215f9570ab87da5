import { Pool } from 'undici';

/** The same as the gateway's, so that only the checks differ. */
const UPSTREAM_SETTINGS = {
  connections: 1_024,
  pipelining: 1,
  allowH2: false,
  connect: { timeout: 5_000 },
  headersTimeout: 30_000,
  bodyTimeout: 300_000,
  keepAliveTimeout: 4_000,
};

/** RFC 9110 section 7.6.1, and `host`, which names the upstream on the other side. */
const HOP_HEADERS = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * A bare streaming reverse proxy: raw headers both ways, keep-alive to the upstream, nothing logged. What every peer
 * that brings no proxy of its own forwards with.
 */
export function createForward(upstream) {
  const pool = new Pool(upstream, UPSTREAM_SETTINGS);
  return function forward(request, response) {
    const hasBody = 'content-length' in request.headers || 'transfer-encoding' in request.headers;
    const handler = new ResponseHandler(response);
    const options = {
      method: request.method,
      path: request.url,
      headers: endToEndHeaders(request.rawHeaders),
      body: hasBody ? request : null,
    };
    pool.dispatch(options, handler);
  };
}

class ResponseHandler {
  constructor(response) {
    this.response = response;
    this.abort = undefined;
    response.once('close', () => {
      if (!response.writableFinished) this.abort?.();
    });
  }

  onConnect(abort) {
    this.abort = abort;
  }

  onHeaders(status, rawHeaders, resume) {
    if (status < 200) return true;
    const headers = [];
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i].latin1Slice();
      if (!HOP_HEADERS.has(name.toLowerCase())) headers.push(name, rawHeaders[i + 1].latin1Slice());
    }
    this.response.writeHead(status, headers);
    this.response.on('drain', resume);
    return true;
  }

  onData(chunk) {
    return this.response.write(chunk);
  }

  onComplete() {
    this.response.end();
  }

  onError() {
    if (this.response.headersSent) this.response.destroy();
    else this.response.writeHead(502).end();
  }
}

function endToEndHeaders(rawHeaders) {
  const headers = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!HOP_HEADERS.has(rawHeaders[i].toLowerCase())) headers.push(rawHeaders[i], rawHeaders[i + 1]);
  }
  return headers;
}
