import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Bus } from '@gatehouse/bus/bus';
import { inProcessBus } from '@gatehouse/bus/in-process.client';
import { serve } from '@gatehouse/bus/serve.server';
import type { Catalog } from '@gatehouse/catalog/api';
import { profileSchema } from '@gatehouse/catalog/profile-schema';
import type { Role } from '@gatehouse/contracts/actor';
import type { Contract } from '@gatehouse/contracts/contract';
import * as identity from '@gatehouse/contracts/identity';
import * as keys from '@gatehouse/contracts/keys';
import { createMetrics } from '@gatehouse/observability/metrics';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { pino } from 'pino';
import { clientAddresses } from '../edge/client-address.server.js';
import { requestIds } from '../proxy/request-ids.js';
import { servePlatform } from './platform.server.js';
import { servedHosts } from './served-hosts.js';
import { services } from './services.client.js';
import { managementSettings } from './settings.js';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
export const PASSWORD = 'correct horse battery staple';
export const CLAIM_TOKEN = 'claim-token-of-the-first-start';
export const ORGANIZATIONS = ['org_AAAAAAAAAAAAAAAAAAAAAA', 'org_BBBBBBBBBBBBBBBBBBBBBB'] as const;

interface FakeSession {
  readonly id: string;
  readonly token: string;
  readonly csrf: string;
  readonly email: string;
  ended: boolean;
}

/** What the fakes know and have been asked. */
export class FakeWorld {
  /** E-mail address -> roles in its organizations, in the order of ORGANIZATIONS. */
  readonly people = new Map<string, readonly Role[]>([
    ['owner@example.com', ['owner']],
    ['developer@example.com', ['developer']],
    ['viewer@example.com', ['viewer']],
    ['both@example.com', ['owner', 'viewer']],
    ['nowhere@example.com', []],
  ]);
  readonly sessions: FakeSession[] = [];
  readonly asked: { readonly subject: string; readonly input: unknown }[] = [];
  /** Set by a test: what the next answer on a subject is instead. */
  readonly instead = new Map<string, unknown>();

  of(subject: string): unknown[] {
    return this.asked.filter((one) => one.subject === subject).map(({ input }) => input);
  }

  open(email: string) {
    const random = randomBytes(16).toString('hex');
    const session = { id: `ses_${random}`, token: `tok-${random}`, csrf: `csrf-${random}`, email, ended: false };
    this.sessions.push(session);
    return session;
  }
}

const TTL_SECONDS = 3600;
const at = (offsetMs: number) => new Date(NOW_MS + offsetMs).toISOString();
const account = (email: string) => ({ id: `acc_${email.split('@')[0]}`, email, name: 'A Person' });
const project = {
  id: 'prj_CCCCCCCCCCCCCCCCCCCCCC',
  slug: 'default',
  name: 'Default',
  organizationId: ORGANIZATIONS[0],
  createdAt: at(0),
};

export function keyView(overrides: Partial<keys.KeyView> = {}): keys.KeyView {
  return {
    id: 'key_DDDDDDDDDDDDDDDDDDDDDD',
    display: 'ex_live_...AbCd',
    name: 'ci',
    api: 'exante',
    organizationId: ORGANIZATIONS[0],
    projectId: project.id,
    environment: 'live',
    scopes: ['invoices.read'],
    state: 'active',
    metadata: {},
    createdAt: at(0),
    createdBy: 'acc_owner',
    expiresAt: null,
    revokedAt: null,
    revocationReason: null,
    ...overrides,
  };
}

type Answers = Map<Contract, (input: never) => unknown>;

function answers(world: FakeWorld): Answers {
  const signedIn = (email: string) => {
    const session = world.open(email);
    return {
      kind: 'signed_in',
      sessionToken: session.token,
      accessToken: `at-${session.id}`,
      accessTokenTtlSeconds: TTL_SECONDS,
      absoluteExpiresAt: at(8 * 3_600_000),
      account: account(email),
    };
  };
  return new Map<Contract, (input: never) => unknown>([
    [
      identity.signIn,
      ({ email, password }: { email: string; password: string }) =>
        world.people.has(email) && password === PASSWORD ? signedIn(email) : { kind: 'credentials_invalid' },
    ],
    [
      identity.claimInstallation,
      ({ token, email }: { token: string; email: string }) =>
        token === CLAIM_TOKEN ? signedIn(email) : { kind: 'token_invalid' },
    ],
    [
      identity.authenticateSession,
      (input: { kind: string; sessionToken?: string; accessToken?: string; wantAccessToken?: boolean }) => {
        const session = world.sessions.find(
          ({ token, id }) => token === input.sessionToken || `at-${id}` === input.accessToken,
        );
        if (session === undefined) {
          return { kind: 'refused', code: input.kind === 'session' ? 'session_unknown' : 'token_invalid' };
        }
        if (session.ended) return { kind: 'refused', code: 'session_ended' };
        return {
          kind: 'authenticated',
          sessionId: session.id,
          account: account(session.email),
          memberships: (world.people.get(session.email) ?? ['owner']).map((role, index) => ({
            organizationId: ORGANIZATIONS[index],
            organizationName: `Organization ${index}`,
            plan: 'free',
            role,
          })),
          csrfToken: session.csrf,
          accessToken: input.wantAccessToken === true ? `at-${session.id}` : null,
          accessTokenTtlSeconds: TTL_SECONDS,
          expiresAt: at(3_600_000),
          absoluteExpiresAt: at(8 * 3_600_000),
        };
      },
    ],
    [
      identity.signOut,
      ({ sessionId }: { sessionId: string }) => {
        for (const session of world.sessions) if (session.id === sessionId) session.ended = true;
        return { kind: 'signed_out' };
      },
    ],
    [identity.listProjects, () => ({ kind: 'listed', projects: [project] })],
    [identity.createProject, () => ({ kind: 'created', project })],
    [
      identity.findProject,
      ({ project: named }: { project?: string }) =>
        named === undefined || named === project.id || named === project.slug
          ? { kind: 'found', project, plan: 'free' }
          : { kind: 'not_found' },
    ],
    [identity.publishedKeys, () => ({ kind: 'jwks', keys: [{ kty: 'RSA', kid: 'identity-key' }] })],
    [keys.issueKey, () => ({ kind: 'issued', key: keyView(), secret: 'ex_live_the-secret' })],
    [keys.listKeys, () => ({ kind: 'listed', keys: [keyView(), keyView({ state: 'expired' })], nextCursor: 'next' })],
    [
      keys.getKey,
      ({ keyId }: { keyId: string }) =>
        keyId === keyView().id ? { kind: 'found', key: keyView() } : { kind: 'not_found' },
    ],
    [
      keys.revokeKey,
      ({ keyId, reason }: { keyId: string; reason?: string }) =>
        keyId === keyView().id
          ? {
              kind: 'revoked',
              key: keyView({ state: 'revoked', revokedAt: at(0), revocationReason: reason ?? null }),
            }
          : { kind: 'not_found' },
    ],
  ] as [Contract, (input: never) => unknown][]);
}

/** A microservice that answers the contracts of identity and keys from memory. */
async function startFakeServices(bus: Bus, world: FakeWorld) {
  @Controller()
  class FakeServices {}
  for (const [contract, answer] of answers(world)) {
    const name = contract.subject;
    const handler = (payload: unknown) =>
      serve(contract, payload, (input) => {
        world.asked.push({ subject: contract.subject, input });
        return world.instead.get(contract.subject) ?? answer(input as never);
      });
    const descriptor = { value: handler, writable: true, configurable: true, enumerable: true };
    Object.defineProperty(FakeServices.prototype, name, descriptor);
    MessagePattern(name)(FakeServices.prototype, name, descriptor);
    Payload()(FakeServices.prototype, name, 0);
  }
  @Module({ controllers: [FakeServices] })
  class FakeModule {}
  const app = await NestFactory.createMicroservice(FakeModule, { strategy: bus.serverStrategy('fake'), logger: false });
  await app.listen();
  return app;
}

const profile = profileSchema.parse({
  name: 'exante',
  description: 'Invoices <fast> & safe',
  key: { prefixes: { live: 'ex_live_' } },
  credentials: [{ header: 'Authorization', scheme: 'Bearer' }],
  scopes: { 'invoices.read': 'Read invoices' },
  plans: { free: { key: { minute: 60 } } },
  defaultPlan: 'free',
  errors: { body: { error: '{message}' } },
});

export const catalog: Catalog = {
  apis: [
    {
      name: 'exante',
      profile,
      hosts: ['api.exante.example'],
      upstream: 'http://127.0.0.1:9',
      limiterOutage: 'local',
      routes: [],
      plans: {},
    } as unknown as Catalog['apis'][number],
  ],
  gateways: 1,
} as Catalog;

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
  readonly body?: string | object;
}

/** The platform over a real port, with fakes for everything behind it. */
export async function startPlatformUnderTest(
  options: {
    NODE_ENV?: string;
    PUBLIC_URL?: string;
    withoutServices?: boolean;
    trustedProxies?: string[];
    timeouts?: { headersMs: number; managementBodyMs: number };
  } = {},
) {
  const world = new FakeWorld();
  const bus = inProcessBus();
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
        upstreamIdentityKeys: [],
      },
      door: {
        dataPlane: {
          claims: ({ headers, url }) => headers.host === 'api.exante.example' || url?.startsWith('/apis/') === true,
          handle: (_request, response) => void response.end('data plane'),
        },
        servedHosts: servedHosts(config.PUBLIC_URL, catalog),
        findClientAddress: clientAddresses(options.trustedProxies ?? []),
        newRequestId: requestIds(randomBytes(14)),
        ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
      },
      metrics,
      logger,
    },
    0,
  );
  return {
    world,
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
  const text = typeof sent.body === 'object' ? JSON.stringify(sent.body) : sent.body;
  const headers = [...(sent.headers ?? [])];
  const has = (name: string) => headers.some((value, index) => index % 2 === 0 && value.toLowerCase() === name);
  if (!has('host')) headers.push('host', 'gate.example');
  if (typeof sent.body === 'object' && !has('content-type')) headers.push('content-type', 'application/json');
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
          const isJson = /json/.test(response.headers['content-type'] ?? '') && body !== '';
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
