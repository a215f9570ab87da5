import { ampleTurns } from '@gatehouse/bus/ample-turns.conformance';
import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { inProcessBus } from '@gatehouse/bus/in-process.client';
import { anApi } from '@gatehouse/catalog/an-api.conformance';
import type { Catalog } from '@gatehouse/catalog/api';
import { createMetrics } from '@gatehouse/observability/metrics';
import { pino } from 'pino';
import { clientAddresses } from '../edge/client-address.server.js';
import { fetchGithubKeys } from '../leaks/github-keys.client.js';
import { SigningKeys } from '../leaks/signing-keys.js';
import type { IdentityHttp } from '../people/identity-http.client.js';
import { requestIds } from '../proxy/request-ids.js';
import { FakeKeys } from '../verification/fake-keys.conformance.js';
import { startFakeServices } from './fake-services.conformance.js';
import { FakeWorld, NOW_MS } from './fake-world.conformance.js';
import { servePlatform } from './platform.server.js';
import { servedHosts } from './served-hosts.js';
import { services } from './services.client.js';
import { managementSettings } from './settings.js';

/** What the former system hashed its keys with. */
export const FORMER_PEPPER = Buffer.from('the pepper of the former system');

export const catalog: Catalog = {
  apis: [
    anApi(
      {
        hosts: ['api.exante.example'],
        upstream: 'http://127.0.0.1:9',
        environments: ['live'],
        plans: {
          free: {
            key: [
              { windowSeconds: 1, quota: 5 },
              { windowSeconds: 60, quota: 60 },
            ],
            organization: [],
            keysMax: 5,
          },
        },
        importedKeys: [
          { prefix: 'old_', length: 24, digest: 'sha256', pepper: null },
          { prefix: 'older_', length: 26, digest: 'hmac-sha256', pepper: 'former' },
        ],
      },
      {
        description: 'Invoices <fast> & safe',
        tokens: {
          accepts: ['own'],
          endpoints: { token: '/v1/token', refresh: '/v1/refresh', refreshPrefix: 'ex_rt_' },
        },
        scopes: { 'invoices.read': 'Read invoices' },
        roles: {},
        rotation: {},
        plans: { free: { key: { minute: 60 } } },
      },
    ),
  ],
  gateways: 1,
};

export interface Received {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly json: unknown;
}

export interface Sent {
  readonly method?: string;
  readonly path: string;
  /** Names and values in turn; Host is added where it is not there. */
  readonly headers?: readonly string[];
  readonly body?: string | Buffer | object;
}

/** The platform over a real port, with fakes for everything behind it. */
export async function startPlatformUnderTest(
  options: {
    NODE_ENV?: string;
    PUBLIC_URL?: string;
    withoutServices?: boolean;
    trustedProxies?: string[];
    timeouts?: { headersMs: number; managementBodyMs: number };
    /** Where the keys of leak reports are; without it, they cannot be had. */
    signingKeysUrl?: string;
    monotonicMs?: () => number;
    identityHttp?: IdentityHttp;
    /** Without it, as many take their turn at once as come. */
    passwordTurns?: BoundedQueue;
  } = {},
) {
  const world = new FakeWorld();
  const bus = inProcessBus();
  const importPeppers = new Map([['former', FORMER_PEPPER]]);
  const fakeKeys = new FakeKeys(catalog.apis, () => NOW_MS, importPeppers);
  const fakes = options.withoutServices === true ? undefined : await startFakeServices(bus, world);
  const config = { NODE_ENV: options.NODE_ENV ?? 'test', PUBLIC_URL: options.PUBLIC_URL ?? 'http://gate.example' };
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const metrics = createMetrics('gateway', false);
  const platform = await servePlatform(
    {
      parts: {
        settings: managementSettings(config, () => NOW_MS),
        catalog,
        ask: services(bus.clientProxy()),
        identityHttp: options.identityHttp,
        upstreamIdentityKeys: [],
        signingKeys: new SigningKeys({
          fetchKeys: () => fetchGithubKeys(options.signingKeysUrl ?? 'http://127.0.0.1:1/'),
          monotonicMs: options.monotonicMs ?? (() => performance.now()),
          failed: () => undefined,
        }),
        importPeppers,
        verification: fakeKeys.ports,
      },
      door: {
        dataPlane: {
          handle: ({ headers, url }, response) => {
            if (headers.host !== 'api.exante.example' && url?.startsWith('/apis/') !== true) return false;
            response.end('data plane');
            return true;
          },
        },
        servedHosts: servedHosts(config.PUBLIC_URL, catalog),
        findClientAddress: clientAddresses(options.trustedProxies ?? []),
        newRequestId: requestIds(randomBytes(14)),
        ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
      },
      passwordTurns: options.passwordTurns ?? ampleTurns(),
      metrics,
      logger,
    },
    0,
  );
  return {
    world,
    /** The keys that the decision knows. */
    keys: fakeKeys,
    /** What was logged, line by line, at every level. */
    lines,
    metrics,
    routes: platform.routes,
    port: platform.port,
    send: (sent: Sent) => send(platform.port, sent),
    /** Signs in, and gives what a browser then sends with a write. */
    signIn: async (email: string) => {
      const session = world.open(email);
      return {
        session,
        cookie: ['cookie', `gatehouse_session=${session.token}`],
        write: ['cookie', `gatehouse_session=${session.token}`, 'x-csrf-token', session.csrf],
        bearer: ['authorization', `Bearer at-${session.id}`],
      };
    },
    close: platform.close,
    stop: async () => {
      await platform.close();
      await fakes?.close();
      await bus.drain();
    },
  };
}
export type PlatformUnderTest = Awaited<ReturnType<typeof startPlatformUnderTest>>;

function send(port: number, sent: Sent): Promise<Received> {
  const isText = typeof sent.body === 'string' || Buffer.isBuffer(sent.body);
  const text =
    isText || sent.body === undefined ? (sent.body as string | Buffer | undefined) : JSON.stringify(sent.body);
  const headers = [...(sent.headers ?? [])];
  const has = (name: string) => headers.some((value, index) => index % 2 === 0 && value.toLowerCase() === name);
  if (!has('host')) headers.push('host', 'gate.example');
  if (!isText && sent.body !== undefined && !has('content-type')) headers.push('content-type', 'application/json');
  if (text !== undefined && !has('content-length')) headers.push('content-length', String(Buffer.byteLength(text)));
  headers.push('connection', 'close');
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method: sent.method ?? 'GET', path: sent.path, headers, setHost: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString('utf8');
          const isJson = /[/+]json(;|$)/.test(response.headers['content-type'] ?? '') && body !== '';
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: body,
            json: isJson ? JSON.parse(body) : undefined,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(text);
  });
}
