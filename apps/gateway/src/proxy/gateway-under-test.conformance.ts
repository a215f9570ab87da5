import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { ampleTurns } from '@gatehouse/bus/ample-turns.conformance';
import type { Bus } from '@gatehouse/bus/bus';
import { inProcessBus } from '@gatehouse/bus/in-process.client';
import { anApi } from '@gatehouse/catalog/an-api.conformance';
import type { Api } from '@gatehouse/catalog/api';
import { TAKE_SUBJECT, VERIFY_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import {
  decodeTakeQueries,
  encodeTakeReplies,
  type TakeQuery,
  type TakeReply,
} from '@gatehouse/contracts/limit-records';
import { decodeVerifyQueries, encodeFacts, encodeVerifyReplies } from '@gatehouse/contracts/verify-records';
import { aKey } from '@gatehouse/key-domain/a-key.conformance';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { createLogger } from '@gatehouse/observability/logger';
import { DEADLINE_FACTOR } from '@gatehouse/testing/deadline-factor';
import { Registry } from 'prom-client';
import { services } from '../management/services.client.js';
import { createDataPlane, type DataPlane, type DataPlaneSettings } from './data-plane.server.js';

/** For tests: the data plane on a real port, before a real upstream, with answerers on the bus that a test steers. */

const PROFILE: Parameters<typeof anApi>[1] = {
  name: 'example',
  key: { prefixes: { live: 'ex_live_' } },
  credentials: [{ header: 'Authorization', scheme: 'Bearer' }, { header: 'X-API-Key' }],
  browserRequests: 'refuse',
  scopes: { read: 'Read', write: 'Write' },
  roles: {},
  plans: { free: { key: { minute: 60 }, organization: { minute: 100 } } },
  errors: {
    body: { error: '{refusal}', key: '{key_id}', retry_after: '{retry_after}', request: '{request_id}' },
  },
  headers: { limits: { 'X-RateLimit-Limit': '{limit}', 'X-RateLimit-Remaining': '{remaining}' } },
};

export function exampleApi(changes: Partial<Api> = {}): Api {
  const minute = (quota: number) => [{ windowSeconds: 60, quota }];
  const example: Partial<Api> = {
    name: 'example',
    hosts: ['api.example.com'],
    upstream: 'http://127.0.0.1:1',
    routes: [
      { method: '*', pattern: '/admin/**', scopes: ['admin'], cost: 1 },
      { method: '*', pattern: '/**', scopes: [], cost: 1 },
    ],
    plans: { free: { key: minute(60), organization: minute(100), keysMax: null } },
  };
  return anApi({ ...example, ...changes }, PROFILE);
}

export function exampleFacts(changes: Partial<KeyFacts> = {}): KeyFacts {
  return aKey({ api: 'example', scopes: ['read', 'write'], ...changes });
}

export const SECRET = mintKey('ex_live_', Buffer.alloc(32, 7));
/** The keys replica that answers here. */
export const REPLICA = '0123456789abcdef0123456789abcdef';
export const ROOT_SECRET = 'a root secret for tests 0123456789';

export interface GatewayUnderTest {
  readonly port: number;
  readonly dataPlane: DataPlane;
  readonly bus: Bus;
  readonly metrics: Registry;
  /** Digest in hexadecimal -> facts; starts with `SECRET`. */
  readonly keys: Map<string, KeyFacts>;
  /** Messages that reached the answerers, with the number of items in each. */
  readonly verifyBatches: number[];
  readonly takeBatches: number[];
  /** What the limiter answers from now on. */
  answerTake(answer: (query: TakeQuery) => TakeReply): void;
  stop(): Promise<void>;
}

export async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

export function portOf(server: NetServer): number {
  return (server.address() as AddressInfo).port;
}

export async function startGateway(
  upstream: NetServer | undefined,
  changes: Partial<DataPlaneSettings> & { readonly api?: Partial<Api>; readonly down?: readonly string[] } = {},
): Promise<GatewayUnderTest> {
  const { api, down = [], bus = inProcessBus(), ...settings } = changes;
  const keys = new Map([[digestKey(SECRET).toString('hex'), exampleFacts()]]);
  const verifyBatches: number[] = [];
  const takeBatches: number[] = [];
  let take: (query: TakeQuery) => TakeReply = allowed;
  if (!down.includes('keys')) {
    await bus.answer(VERIFY_SUBJECT, 'keys', async (payload) => {
      const queries = decodeVerifyQueries(payload);
      verifyBatches.push(queries.length);
      return encodeVerifyReplies(
        REPLICA,
        queries.map(({ digest, knownRevision }) => {
          const facts = keys.get(digest.toString('hex'));
          if (facts === undefined) return 'unknown';
          return facts.revision === knownRevision ? 'unchanged' : encodeFacts(facts);
        }),
      );
    });
  }
  if (!down.includes('ratelimit')) {
    await bus.answer(TAKE_SUBJECT, 'ratelimit', async (payload) => {
      const queries = decodeTakeQueries(payload);
      takeBatches.push(queries.length);
      return encodeTakeReplies(
        queries.map((query) => take(query)),
        queries,
      );
    });
  }
  const metrics = new Registry();
  const client = settings.client ?? bus.clientProxy();
  const dataPlane = createDataPlane({
    passwordTurns: ampleTurns(),
    catalog: {
      apis: [exampleApi({ upstream: `http://127.0.0.1:${upstream === undefined ? 1 : portOf(upstream)}`, ...api })],
      gateways: 2,
    },
    bus,
    client,
    ask: services(client),
    rootSecret: ROOT_SECRET,
    publicUrl: 'https://gatehouse.example',
    trustedProxies: [],
    production: false,
    metrics,
    logger: createLogger('gateway', 'silent'),
    nowMs: Date.now,
    deadlineFactor: Number(DEADLINE_FACTOR),
    ...settings,
  });
  const handle = (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) => {
    if (!dataPlane.handle(request, response, awaitsContinue)) response.writeHead(404).end('not published');
  };
  const server = createServer({ maxHeaderSize: 16_384 }, (request, response) => handle(request, response, false));
  server.on('checkContinue', (request, response) => handle(request, response, true));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: portOf(server),
    dataPlane,
    bus,
    metrics,
    keys,
    verifyBatches,
    takeBatches,
    answerTake: (answer) => {
      take = answer;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await dataPlane.drain(1_000);
      await bus.drain();
    },
  };
}

function allowed({ subjects, cost }: TakeQuery): TakeReply {
  const windows = subjects.flatMap(({ subject, limits }) =>
    limits.map(({ windowSeconds, quota }) => ({
      subject,
      windowSeconds,
      quota,
      remaining: quota - cost,
      resetAtSeconds: 4_000_000_000,
    })),
  );
  return { kind: 'allowed', windows };
}
