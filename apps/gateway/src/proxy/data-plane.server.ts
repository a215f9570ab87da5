import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import type { Bus } from '@gatehouse/bus/bus';
import type { Catalog } from '@gatehouse/catalog/api';
import { MANAGEMENT_API } from '@gatehouse/catalog/management-api';
import type { LeaseView } from '@gatehouse/lease/lease';
import type { Logger } from '@gatehouse/observability/logger';
import type { ClientProxy } from '@nestjs/microservices';
import type { Registry } from 'prom-client';
import { unknownApiAnswer } from '../edge/answer.js';
import type { DoorPorts } from '../edge/authorize.js';
import type { EdgePorts } from '../edge/authorize-secret.js';
import { clientAddresses } from '../edge/client-address.server.js';
import { identityTokens } from '../edge/identity-token.js';
import { type AskKey, keysClient } from '../edge/keys.client.js';
import { limitsOfApis } from '../edge/leased-limits.server.js';
import { limitsClient } from '../edge/limits.client.js';
import { localLimits } from '../edge/local-limits.js';
import { personsClient } from '../edge/persons.client.js';
import { usesClient } from '../edge/uses.client.js';
import { GatewayLease } from '../lease/gateway-lease.server.js';
import { leaseHolders } from '../lease/lease-holders.client.js';
import type { AskService } from '../management/services.client.js';
import { findApi } from '../routes/find-api.js';
import type { ImportPeppers } from '../routes/imported-forms.js';
import { apisWithKeys, type PublishedApi, publishApis } from '../routes/published-api.js';
import { tokenEndpoints } from '../tokens/token-endpoints.client.js';
import { keyRedactor } from '../usage/redact-keys.js';
import { type UsageReports, UsageReportsClient } from '../usage/usage-reports.client.js';
import type { VerificationPorts } from '../verification/verify-key.js';
import { hopHeaders } from './hop-headers.js';
import { OpenStreams } from './open-streams.js';
import { type Outlet, type PassageParts, pass } from './passage.js';
import { requestIds } from './request-ids.js';
import { trafficMetrics } from './traffic.server.js';
import { ANSWERED_GRACE_MS, boundRestOfBody, closeWhereUpgradeIgnored, isClosing } from './unread-body.server.js';
import { UPSTREAM_CONNECTIONS_MAX, type Upstreams, type UpstreamTimeouts, upstreams } from './upstreams.client.js';
import { writeAnswer } from './write-answer.js';

export interface DataPlaneSettings {
  readonly catalog: Catalog;
  readonly bus: Bus;
  /** For what is asked one by one: who is behind an access token. The caller's to close. */
  readonly client: ClientProxy;
  /** For sign-ins by token, which are management work. */
  readonly ask: AskService;
  /** Sign-ins by password take turns, those by token and all others together. */
  readonly passwordTurns: BoundedQueue;
  /** Root of all derived secrets. */
  readonly rootSecret: string;
  /** The platform's own address; `iss` of identity tokens. */
  readonly publicUrl: string;
  /** Where `upstream: example` leads. */
  readonly exampleUpstreamUrl?: string | undefined;
  /** Of former systems whose keys go on working; none by default. */
  readonly importPeppers?: ImportPeppers | undefined;
  /** Addresses and CIDR ranges of the proxies in front of the gateway. */
  readonly trustedProxies: readonly string[];
  /** Refuses plain HTTP. */
  readonly production: boolean;
  readonly metrics: Registry;
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** How much longer than usual other services may take; 1 by default. */
  readonly deadlineFactor?: number;
  /** What the memory of keys is trusted by, for APIs with `verification: leased`; the gateway's own lease but for tests. */
  readonly trustedLease?: LeaseView;
  /** For one exchange with the keys service; 400 by default. */
  readonly keysDeadlineMs?: number;
  /** How often usage is reported; every 2 s by default. */
  readonly usageEveryMs?: number;
  /** For one exchange with the rate limiter; 150 by default. */
  readonly limitsDeadlineMs?: number;
  readonly upstreamTimeouts?: UpstreamTimeouts;
  /** How long a request may still be sent after its upstream's whole answer; 10 s by default. */
  readonly restOfBodyMs?: number;
}

/** The door for requests to published APIs. It shares a port with the management API, which has all other requests. */
export interface DataPlane {
  /**
   * Answers a request for a published API, or for what looks like one.
   * @param awaitsContinue for requests of the server's event `checkContinue`: the client is asked for its body only
   * when the request may go on.
   * @returns whether it is such a request; one that is none is left as it is.
   */
  handle(request: IncomingMessage, response: ServerResponse, awaitsContinue?: boolean): boolean;
  /** Lets requests under way finish, up to the deadline (20 s by default), closes everything, reports the last usage. */
  drain(deadlineMs?: number): Promise<void>;
  /** Names of the parts that are not ready; empty: ready. */
  notReady(): readonly string[];
  /** What requests are judged with, for those who ask about keys: with the same counters, of which each is asked. */
  readonly verification: VerificationPorts;
}

const DEFAULT_TIMEOUTS: UpstreamTimeouts = { connectMs: 5_000, headersMs: 30_000, bodyMs: 300_000 };
const DRAIN_DEADLINE_MS = 20_000;
const DRAIN_POLL_MS = 20;
/** How old usage may be when it is reported: so much is lost with a gateway that is killed. */
const USAGE_EVERY_MS = 2_000;
/** How often answers under way are allowed anew: well within the second in which a revocation must end them. */
const SWEEP_MS = 400;

/** @throws Error for a catalog whose upstreams, routes or peppers cannot be used; ConfigurationError for a bad proxy range. */
export function createDataPlane(settings: DataPlaneSettings): DataPlane {
  const { bus, logger } = settings;
  const table = publishApis(settings.catalog, settings.exampleUpstreamUrl, settings.importPeppers);
  const nextRequestId = requestIds(randomBytes(14));
  const pools = upstreams(settings.upstreamTimeouts ?? DEFAULT_TIMEOUTS);
  const parts = passageParts(settings, pools, () => draining);
  const { streams, traffic, usage, lease, limits, monotonicMs } = parts;
  let draining = false;

  const sweep = () => {
    streams.sweep(monotonicMs()).catch((error: unknown) => logger.error({ err: error }, 'streams were not checked'));
  };
  const sweeper = setInterval(sweep, SWEEP_MS).unref();
  lease?.start();

  return {
    handle: (request, response, awaitsContinue = false) => {
      const found = findApi(table, request.headers.host, request.url ?? '');
      if (found.kind === 'not_published') return false;
      if (isClosing(request)) return true;
      closeWhereUpgradeIgnored(request, response);
      boundRestOfBody(request, response, settings.restOfBodyMs ?? ANSWERED_GRACE_MS);
      const requestId = nextRequestId();
      if (found.kind !== 'found') {
        writeAnswer(request, response, unknownApiAnswer(requestId), parts.ownHeaders());
        return true;
      }
      const { published, target } = found;
      traffic.begin();
      const passage = { request, response, published, target, requestId, startedMs: monotonicMs(), awaitsContinue };
      pass(passage, parts).catch((error: unknown) => {
        logger.error({ err: error, requestId }, 'a request could not even be refused');
        response.destroy();
      });
      return true;
    },

    drain: async (deadlineMs = DRAIN_DEADLINE_MS) => {
      draining = true;
      const untilMs = monotonicMs() + deadlineMs;
      while (traffic.inFlight() > 0 && monotonicMs() < untilMs) {
        await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
      }
      clearInterval(sweeper);
      streams.stopAll();
      await lease?.stop();
      await limits.stop();
      await pools.close();
      await usage.stop();
    },

    notReady: () => [...(bus.isConnected() ? [] : ['bus']), ...(draining ? ['draining'] : [])],

    verification: { apis: apisWithKeys(table), edge: { ...parts.ports, takeLimits: parts.askLimits }, usage },
  };
}

/** A transaction with a lock on the key: slower than the other two exchanges, and never tried twice. */
const USES_DEADLINE_MS = 2_000;

/** A look at a session, and now and then a note of its activity. */
const PERSONS_DEADLINE_MS = 2_000;

const HSTS: readonly string[] = ['strict-transport-security', 'max-age=31536000'];
const CLOSE: readonly string[] = ['connection', 'close'];

function passageParts(
  settings: DataPlaneSettings,
  pools: Upstreams,
  isDraining: () => boolean,
): PassageParts & {
  readonly usage: UsageReports;
  readonly lease: GatewayLease | undefined;
  readonly limits: ReturnType<typeof limitsOfApis>;
  readonly askLimits: EdgePorts['takeLimits'];
} {
  const { bus, logger, nowMs, production, deadlineFactor: factor = 1 } = settings;
  const traffic = trafficMetrics(settings.metrics);
  const addressOf = clientAddresses(settings.trustedProxies);
  const outlets = new Map<PublishedApi, Outlet>();
  const monotonicMs = () => performance.now();
  const keys = keysClient({
    bus,
    logger,
    deadlineMs: settings.keysDeadlineMs ?? 400 * factor,
    onExchange: (seconds) => traffic.exchange('keys', seconds),
    monotonicMs,
  });
  const lease = leaseOf(settings, keys.askKey, monotonicMs);
  if (lease !== undefined) traffic.showLease(lease);
  const limiter = {
    bus,
    logger,
    deadlineMs: settings.limitsDeadlineMs ?? 150 * factor,
    onExchange: (seconds: number) => traffic.exchange('ratelimit', seconds),
    monotonicMs,
  };
  const askLimits = limitsClient({
    ...limiter,
    takeLocally: localLimits(settings.catalog.gateways, nowMs),
    onOutage: (api, policy) => traffic.limiterOutage(api, policy),
    onShadowRefusal: (api, refusal) => traffic.shadowRefusal(api, refusal),
  });
  const limits = limitsOfApis({ ...limiter, catalog: settings.catalog, ask: askLimits, metrics: settings.metrics });
  const ports: DoorPorts = {
    findKey: (digest, { api }) =>
      lease !== undefined && api.verification === 'leased' ? lease.findKey(digest) : keys.findKey(digest),
    takeLimits: limits.takeLimits,
    spendUses: usesClient({ bus, logger, deadlineMs: USES_DEADLINE_MS * factor }),
    findPerson: personsClient({
      client: settings.client,
      logger,
      deadlineMs: PERSONS_DEADLINE_MS * factor,
      onExchange: (seconds) => traffic.exchange('identity', seconds),
      monotonicMs,
    }),
    nowMs,
  };
  const always = production ? HSTS : [];
  const whenDraining = [...always, ...CLOSE];
  return {
    ports,
    lease,
    limits,
    askLimits,
    answerTokens: tokenEndpoints(settings.ask, settings.passwordTurns, logger),
    outletOf: (published) => {
      let outlet = outlets.get(published);
      if (outlet === undefined) {
        outlet = openOutlet(published, pools);
        outlets.set(published, outlet);
      }
      return outlet;
    },
    addressOf: (request) => addressOf(request.socket.remoteAddress ?? '', request.rawHeaders),
    identityOf: identityTokens(settings.rootSecret, settings.publicUrl, nowMs),
    streams: new OpenStreams(ports),
    traffic,
    usage: new UsageReportsClient({
      bus,
      logger,
      redact: keyRedactor([...settings.catalog.apis, MANAGEMENT_API]),
      everyMs: settings.usageEveryMs ?? USAGE_EVERY_MS,
      monotonicMs,
      onLeftOut: (what, count) => traffic.usageLeftOut(what, count),
    }),
    logger,
    refusesPlainHttp: production,
    ownHeaders: () => (isDraining() ? whenDraining : always),
    monotonicMs,
  };
}

/** Undefined where no API is verified under a lease. */
function leaseOf(
  { catalog, bus, client, logger, trustedLease }: DataPlaneSettings,
  askKey: AskKey,
  monotonicMs: () => number,
): GatewayLease | undefined {
  if (catalog.apis.every(({ verification }) => verification === 'queried')) return undefined;
  return new GatewayLease({
    bus,
    holders: leaseHolders(client),
    askKey,
    monotonicMs,
    log: logger,
    ...(trustedLease === undefined ? {} : { trusted: trustedLease }),
  });
}

function openOutlet({ api, places, refusesBrowsers, upstreamOrigin }: PublishedApi, pools: Upstreams): Outlet {
  const limitHeaders = [...Object.keys(api.profile.headers.limits), ...Object.keys(api.profile.headers.limited)];
  return {
    upstream: pools.to(upstreamOrigin),
    hop: hopHeaders(
      places.map(({ header }) => header),
      limitHeaders,
      refusesBrowsers,
    ),
    requestsMax: UPSTREAM_CONNECTIONS_MAX,
    inFlight: 0,
  };
}
