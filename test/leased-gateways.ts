import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ampleTurns } from '@gatehouse/bus/ample-turns.conformance';
import type { Bus } from '@gatehouse/bus/bus';
import { call } from '@gatehouse/bus/call.client';
import { connectNats } from '@gatehouse/bus/nats.client';
import { anApi } from '@gatehouse/catalog/an-api.conformance';
import type { Api } from '@gatehouse/catalog/api';
import type { Actor } from '@gatehouse/contracts/actor';
import { gatewayInvalidateSubject } from '@gatehouse/contracts/hot-subjects';
import { issueKey } from '@gatehouse/contracts/keys';
import { createDataPlane } from '@gatehouse/gateway/proxy/data-plane.server';
import { keysConfig } from '@gatehouse/keys/config';
import { keysMigrations } from '@gatehouse/keys/migrate';
import { startKeys } from '@gatehouse/keys/start';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { createLogger } from '@gatehouse/observability/logger';
import { migrateDatabase } from '@gatehouse/postgres/migrate.client';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestPostgres } from '@gatehouse/testing/postgres';
import type { ClientProxy } from '@nestjs/microservices';
import { Registry } from 'prom-client';
import { Agent, request } from 'undici';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';
import { type FaultyLink, startFaultyLink } from './faulty-link.js';

const SECRET = 'a-root-secret-for-these-tests-0123456789';
const silent = (name: string) => createLogger(name, 'silent');

/** A gateway of a test's own: its own connection to NATS, over a link that the test can break. */
export interface LeasedGateway {
  readonly holderId: string;
  readonly url: string;
  readonly link: FaultyLink;
  /** The status of a request with this key. */
  use(secret: string, path?: string): Promise<number>;
  hasLease(): Promise<boolean>;
  /** Requests that were answered from memory so far. */
  remembered(): Promise<number>;
  /** What its wall clock says beyond the true time. */
  aheadMs: number;
  stop(): Promise<void>;
}

export interface GatewayOptions {
  /** False: messages about changes never reach it. */
  readonly hears?: boolean;
  /** False: the negative control, a cache that no lease guards. */
  readonly checksLease?: boolean;
  /** Stands before each message that this gateway sends on the hot path. */
  readonly hold?: () => Promise<void>;
}

/** Two replicas of keys over a real PostgreSQL and a real NATS, and gateways that verify under leases of their own. */
export interface LeasedPlatform {
  readonly nats: TestNats;
  readonly upstream: CountingUpstream;
  readonly client: ClientProxy;
  /** Ends with the platform, or before. It has its lease. */
  openGateway(options?: GatewayOptions): Promise<LeasedGateway>;
  issue(by: Actor, changes?: object): Promise<{ readonly id: string; readonly secret: string }>;
  /** Stops both replicas of keys. */
  stopKeys(): Promise<void>;
  stop(): Promise<void>;
}

/** No limits, so that nothing but keys is asked; two routes, one of which needs a scope that a key may lose. */
function leasedApi(upstream: string): Api {
  return anApi({
    verification: 'leased',
    upstream,
    routes: [
      { method: '*', pattern: '/write', scopes: ['invoices.write'], cost: 1 },
      { method: '*', pattern: '/**', scopes: [], cost: 1 },
    ],
  });
}

export async function startLeasedPlatform(): Promise<LeasedPlatform> {
  const stops: (() => Promise<unknown>)[] = [];
  const [postgres, nats, upstream] = await Promise.all([startTestPostgres(), startTestNats(), startCountingUpstream()]);
  stops.push(postgres.stop, nats.stop, upstream.stop);
  await migrateDatabase(postgres.url, SECRET, [keysMigrations]);
  const catalog = { apis: [leasedApi(upstream.url)], gateways: 3 };
  const connect = (name: string, port = nats.port) =>
    connectNats({ url: `nats://127.0.0.1:${port}`, name, logger: silent(name) });

  const keys = await Promise.all(
    [1, 2].map(async () => {
      const bus = await connect('keys');
      const config = keysConfig({ DATABASE_URL: postgres.url, GATEHOUSE_SECRET: SECRET });
      const service = await startKeys({ config, bus, catalog, logger: silent('keys') });
      return async () => {
        await service.stop();
        await bus.drain();
      };
    }),
  );
  const stopKeys = async () => {
    await Promise.all(keys.splice(0).map((stop) => stop()));
  };
  stops.push(stopKeys);
  const management = await connect('gateway');
  const client = management.clientProxy();
  stops.push(() => management.drain());

  return {
    nats,
    upstream,
    client,
    stopKeys,
    openGateway: async (options = {}) => {
      const link = await startFaultyLink(nats.port);
      const bus = await connect('gateway', link.port);
      const gateway = await openGateway(bus, link, catalog, options);
      stops.push(gateway.stop);
      await waitUntil('the gateway has its lease', gateway.hasLease, 15_000);
      return gateway;
    },
    issue: async (by, changes = {}) => {
      const asked = {
        actor: by,
        api: 'exante',
        projectId: 'prj_1',
        projectSlug: 'default',
        plan: 'free',
        name: 'a key',
        scopes: ['invoices.read', 'invoices.write'],
        ...changes,
      };
      const answer = await call(client, issueKey, asked, 10_000);
      if (answer.kind !== 'issued') throw new Error(`not issued: ${answer.message}`);
      return { id: answer.key.id, secret: answer.secret };
    },
    stop: async () => {
      for (const stop of stops.reverse()) await stop();
    },
  };
}

async function openGateway(
  bus: Bus,
  link: FaultyLink,
  catalog: { readonly apis: readonly Api[]; readonly gateways: number },
  { hears = true, checksLease = true, hold = async () => {} }: GatewayOptions,
): Promise<LeasedGateway> {
  const metrics = new Registry();
  const clock = { aheadMs: 0 };
  const client = bus.clientProxy();
  let holderId = '';
  const dataPlane = createDataPlane({
    passwordTurns: ampleTurns(),
    catalog,
    bus: {
      ...passedOn(bus),
      request: async (subject, payload, deadlineMs) => {
        await hold();
        return bus.request(subject, payload, deadlineMs);
      },
      answer: async (subject, queue, answerer) => {
        holderId = queue;
        if (subject !== gatewayInvalidateSubject(queue)) throw new Error(`a gateway does not answer ${subject}`);
        return hears ? bus.answer(subject, queue, answerer) : { stop: async () => {} };
      },
    },
    client,
    ask: (contract, input, deadlineMs) => call(client, contract, input, deadlineMs),
    rootSecret: SECRET,
    publicUrl: 'https://gatehouse.example',
    trustedProxies: [],
    production: false,
    metrics,
    logger: silent('gateway'),
    nowMs: () => Date.now() + clock.aheadMs,
    ...(checksLease ? {} : { trustedLease: { isValid: () => true } }),
  });
  const server = createServer((incoming, response) => dataPlane.handle(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/apis/exante`;
  const dispatcher = new Agent();
  const metric = async (name: string) => (await metrics.getSingleMetric(name)?.get())?.values[0]?.value ?? Number.NaN;
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await dispatcher.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await dataPlane.drain(1_000);
    await client.close();
    await bus.drain();
    await link.stop();
  };
  return {
    get holderId() {
      return holderId;
    },
    url,
    link,
    use: async (secret, path = '/read') => {
      const headers = { authorization: `Bearer ${secret}` };
      const answer = await request(`${url}${path}`, { dispatcher, headers });
      await answer.body.dump();
      return answer.statusCode;
    },
    hasLease: async () => (await metric('gateway_lease_valid')) === 1,
    remembered: () => metric('gateway_verifications_remembered_total'),
    get aheadMs() {
      return clock.aheadMs;
    },
    set aheadMs(value) {
      clock.aheadMs = value;
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** A bus with its methods as own properties, so that some can be replaced. */
function passedOn(bus: Bus): Bus {
  return {
    request: (subject, payload, deadlineMs) => bus.request(subject, payload, deadlineMs),
    answer: (subject, queue, answerer) => bus.answer(subject, queue, answerer),
    serverStrategy: (queue) => bus.serverStrategy(queue),
    clientProxy: () => bus.clientProxy(),
    isConnected: () => bus.isConnected(),
    drain: () => bus.drain(),
  };
}
