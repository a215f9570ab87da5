import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FindClientAddress } from '../edge/client-address.server.js';
import {
  ANSWERED_GRACE_MS,
  answerWithoutBody,
  boundRestOfBody,
  closeWhereUpgradeIgnored,
  closeWith,
  hasRequestBody,
  isClosing,
} from '../proxy/unread-body.server.js';
import { type EarlyRefusal, refusalOfAny, refusalOfManagement } from './early-refusal.js';
import { writeProblem } from './problem.filter.js';
import { rememberFacts } from './request-facts.js';
import { securityHeaders } from './security-headers.js';
import { refusalOfUnreadable, refuseConnection } from './unreadable.server.js';

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 10_000;
const DEFAULT_TIMEOUTS: Timeouts = { headersMs: 10_000, managementBodyMs: 10_000 };
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const CLOSE_SWEEP_MS = 50;
const CLOSE_GRACE_SWEEPS = 10;

/** How long a client may take to send. Uploads to published APIs may take as long as they need. */
interface Timeouts {
  readonly headersMs: number;
  readonly managementBodyMs: number;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface FrontDoorOptions {
  readonly production: boolean;
  readonly findClientAddress: FindClientAddress;
  readonly newRequestId: () => string;
  /** Names of the platform and of every published API, lower case. */
  readonly servedHosts: ReadonlySet<string>;
  /** The part that authenticates and forwards the requests of published APIs. */
  readonly dataPlane: {
    /**
     * @param awaitsContinue the client sends its body only when it is asked to
     * @returns whether the request is for a published API; one that is not is left as it is
     */
    handle(request: IncomingMessage, response: ServerResponse, awaitsContinue?: boolean): boolean;
  };
  readonly management: Handler;
  readonly timeouts?: Timeouts;
}

/** The one HTTP server of a gateway, not yet listening. */
export interface FrontDoor {
  readonly server: Server;
  /** Takes no new connection, answers what is under way, lets idle connections go. Resolves when the last one is gone. */
  close(): Promise<void>;
}

/**
 * Every request is looked at here first: whether its host is served at all, then the data plane, then the management
 * API.
 */
export function frontDoor(options: FrontDoorOptions): FrontDoor {
  const always = securityHeaders(options.production);
  const timeouts = options.timeouts ?? DEFAULT_TIMEOUTS;
  const underWay = new Set<ServerResponse>();
  let closing = false;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: timeouts.headersMs / 5,
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      // A request without Host is refused here, with a body that says so.
      requireHostHeader: false,
    },
    (request, response) => receive(request, response, false),
  );

  function receive(
    request: IncomingMessage,
    response: ServerResponse,
    awaitsContinue: boolean,
    expected?: EarlyRefusal,
  ): void {
    if (isClosing(request)) return;
    if (closing) response.shouldKeepAlive = false;
    underWay.add(response);
    response.on('close', () => underWay.delete(response));
    const refusal = refusalOfAny(request, options.servedHosts) ?? expected;
    if (refusal === undefined && options.dataPlane.handle(request, response, awaitsContinue)) return;
    manage(request, response, awaitsContinue, refusal);
  }

  function manage(
    request: IncomingMessage,
    response: ServerResponse,
    awaitsContinue: boolean,
    refusal: EarlyRefusal | undefined,
  ): void {
    const { address, isHttps } = options.findClientAddress(request.socket.remoteAddress ?? '', request.rawHeaders);
    const facts = { requestId: options.newRequestId(), address, secure: isHttps };
    for (const [name, value] of Object.entries(always)) response.setHeader(name, value);
    response.setHeader('x-request-id', facts.requestId);
    boundRestOfBody(request, response, ANSWERED_GRACE_MS);
    closeWhereUpgradeIgnored(request, response);
    const refused = refusal ?? refusalOfManagement(request, options.production && !facts.secure);
    if (refused !== undefined) {
      const { code, details = {}, closes } = refused;
      if (closes === true) closeWith(request, response);
      answerWithoutBody(request, response, () => writeProblem(response, code, details, facts.requestId));
      return;
    }
    rememberFacts(request, facts);
    if (awaitsContinue) response.writeContinue();
    limitBodyTime(request, response, facts.requestId, timeouts.managementBodyMs);
    options.management(request, response);
  }

  server.maxConnections = MAX_CONNECTIONS;
  // No header is dropped silently by number: their size is limited, and a dropped one could be the second of two.
  server.maxHeadersCount = 0;
  server.on('checkContinue', (request, response) => receive(request, response, true));
  // Nobody listens to `upgrade`: a wish for another protocol may be ignored (RFC 9110 section 7.8), so such a request is
  // served as any other, and waits its turn behind those before it on its connection.
  server.on('checkExpectation', (request, response) =>
    receive(request, response, false, { code: 'expectation_failed' }),
  );
  server.on('connect', (_request, socket) => refuse(socket, { code: 'method_not_allowed', details: { allow: [] } }));
  server.on('clientError', (error, socket) => refuse(socket, refusalOfUnreadable(error)));

  function refuse(socket: Duplex, refusal: EarlyRefusal | undefined): void {
    const earlier = [...underWay].filter(
      ({ req, writableFinished }) => req.socket === socket && req.complete && !writableFinished,
    );
    refuseConnection(socket, refusal, earlier.at(-1), always, options.newRequestId());
  }

  const close = () =>
    new Promise<void>((resolve, reject) => {
      closing = true;
      // The client hears that its connection ends, so it sends its next request elsewhere instead of losing it.
      for (const response of underWay) response.shouldKeepAlive = false;
      server.close((error) => (error === undefined ? resolve() : reject(error)));
      let sweeps = 0;
      const sweep = setInterval(() => {
        // A connection that has never sent a request is not idle for Node; it is let go when it has had its chance.
        if (++sweeps > CLOSE_GRACE_SWEEPS && underWay.size === 0) server.closeAllConnections();
        else server.closeIdleConnections();
      }, CLOSE_SWEEP_MS);
      server.once('close', () => clearInterval(sweep));
    });
  return { server, close };
}

/** A management body is small: one that trickles in holds a connection for nothing. */
function limitBodyTime(request: IncomingMessage, response: ServerResponse, requestId: string, timeoutMs: number): void {
  if (!hasRequestBody(request)) return;
  const timer = setTimeout(() => {
    if (request.complete) return;
    if (response.headersSent) {
      request.destroy();
      return;
    }
    response.shouldKeepAlive = false;
    response.once('finish', () => request.destroy());
    writeProblem(response, 'request_timeout', {}, requestId);
  }, timeoutMs);
  timer.unref();
  for (const end of ['end', 'close'] as const) request.once(end, () => clearTimeout(timer));
}
