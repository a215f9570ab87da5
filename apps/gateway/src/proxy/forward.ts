import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RefusalCode } from '@gatehouse/catalog/refusals';
import type { Dispatcher } from 'undici';
import type { HopHeaders } from './hop-headers.js';
import { hasRequestBody } from './unread-body.server.js';
import { uploadBody } from './upload-body.js';

/**
 * How an exchange ended. `refused`: with an answer of ours; `cut`: the upstream broke off within its answer; `left`: the
 * client did not wait for the end; `stopped`: we ended it.
 */
type ForwardOutcome = 'answered' | 'refused' | 'cut' | 'left' | 'stopped';

/** One request that may go on. */
export interface Forwarding {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upstream: Dispatcher;
  readonly method: string;
  /** The path that was judged, below the upstream's base path, with the query. */
  readonly path: string;
  readonly hop: HopHeaders;
  /** What we tell the upstream: names and values in turn, after the client's own. */
  readonly requestHeaders: readonly string[];
  /** What we tell the client: names and values in turn, after the upstream's own. */
  readonly responseHeaders: readonly string[];
  /** Answers in the API's dialect, where the upstream gave no answer that could be passed on. */
  readonly refuse: (code: RefusalCode) => void;
  /** Called once, whatever happens; after `refuse`, where that is called. */
  readonly onEnd: (outcome: ForwardOutcome) => void;
}

/** Ends a forwarding from outside; the client sees its transfer break. */
export type StopForwarding = () => void;

/** More than this before an answer is a fault of the upstream (it would hold the connection for ever). */
const INFORMATIONAL_MAX = 8;

const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/**
 * Streams a request to its upstream and the answer back, holding back whichever side is faster. Nothing is gathered and
 * nothing is ever sent twice. A client that leaves ends the upstream's work; an upstream that breaks off within its
 * answer breaks the client's transfer, so that half an answer never looks like a whole one.
 */
export function forward(forwarding: Forwarding): StopForwarding {
  const exchange = new Exchange(forwarding);
  exchange.start();
  return () => exchange.stop();
}

class Exchange implements Dispatcher.DispatchHandler {
  private readonly forwarding: Forwarding;
  private abort: ((reason?: Error) => void) | undefined;
  private resume: (() => void) | undefined;
  private informational = 0;
  private answering = false;
  private hasWritten = false;
  private ended = false;

  constructor(forwarding: Forwarding) {
    this.forwarding = forwarding;
  }

  start(): void {
    const { request, response, upstream, method, path, hop, requestHeaders } = this.forwarding;
    if (response.destroyed) {
      this.end('left');
      return;
    }
    response.on('close', () => this.clientClosed());
    const hasBody = hasRequestBody(request);
    const headers = hop.toUpstream(request.rawHeaders, hasBody);
    for (const part of requestHeaders) headers.push(part);
    upstream.dispatch({ method, path, headers, body: hasBody ? uploadBody(request) : null }, this);
  }

  stop(): void {
    if (this.ended) return;
    this.end('stopped');
    this.abort?.();
    this.forwarding.response.destroy();
  }

  onConnect(abort: (reason?: Error) => void): void {
    if (this.ended) abort();
    else this.abort = abort;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (status < 100 || status > 599) throw new Error(`${status} is no HTTP status`);
    if (status < 200) {
      if (++this.informational > INFORMATIONAL_MAX) throw new Error('too many informational answers');
      return true;
    }
    this.resume = resume;
    const { response, method, hop, responseHeaders } = this.forwarding;
    const headers = hop.toClient(raw, status);
    for (const part of responseHeaders) headers.push(part);
    response.writeHead(status, headers);
    this.answering = true;
    if (method === 'HEAD' || status === 204 || status === 304) {
      // The whole answer: a length on it is that of another answer (RFC 9110 sections 8.6 and 15.4.5), which the
      // upstream client waits for in vain where the status is 304.
      this.onComplete();
      return true;
    }
    // Headers leave together with the first bytes of the body where these are there already, at once where they are not.
    queueMicrotask(() => {
      if (!this.ended && !this.hasWritten) response.flushHeaders();
    });
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.ended) return true;
    const { response } = this.forwarding;
    this.hasWritten = true;
    if (response.write(chunk)) return true;
    response.once('drain', () => this.resume?.());
    return false;
  }

  onComplete(): void {
    if (this.ended) return;
    this.forwarding.response.end();
    this.end('answered');
  }

  onError(error: Error): void {
    if (this.ended) return;
    if (this.answering) {
      this.end('cut');
      this.forwarding.response.destroy();
      return;
    }
    this.forwarding.refuse(codeOf(error));
    this.end('refused');
  }

  /** Also comes after an answer that was sent to its end. */
  private clientClosed(): void {
    if (this.ended) return;
    this.end('left');
    this.abort?.();
  }

  private end(outcome: ForwardOutcome): void {
    if (this.ended) return;
    this.ended = true;
    this.forwarding.onEnd(outcome);
  }
}

function codeOf(error: Error & { readonly code?: string }): RefusalCode {
  return TIMEOUTS.has(error.code ?? '') ? 'upstream_timeout' : 'upstream_unreachable';
}
