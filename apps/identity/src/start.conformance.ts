import { randomBytes } from 'node:crypto';
import type { Bus } from '@gatehouse/bus/bus';
import { call } from '@gatehouse/bus/call.client';
import { inProcessBus } from '@gatehouse/bus/in-process.client';
import { deriveSecret } from '@gatehouse/config/derive-secret';
import type { Contract } from '@gatehouse/contracts/contract';
import { authenticateSession, claimInstallation, signIn, signOut } from '@gatehouse/contracts/identity';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { migrateDatabase } from '@gatehouse/postgres/migrate.client';
import { type TestClock, testClock } from '@gatehouse/testing/clock';
import { DEADLINE_FACTOR } from '@gatehouse/testing/deadline-factor';
import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import { identityConfig } from './config.js';
import type { RenderedMail } from './mail/mail.js';
import { identityMigrations } from './migrate.js';
import { argon2Hasher } from './password/argon2.client.js';
import type { PasswordHasher } from './password/hasher.js';
import { SIGNING_KEYS_KEY } from './secret-purposes.js';
import { type RunningIdentity, startIdentity } from './start.js';
import { SigningKeyEntity } from './tokens/signing-key.entity.js';
import { putSigningKeys } from './tokens/signing-keys-of-the-run.conformance.js';

export const ROOT_SECRET = randomBytes(32).toString('hex');
const PUBLIC_URL = 'https://gatehouse.example.test';
export const ADMIN = { email: 'Ada@Example.test', password: 'seven purple kites at dawn' };
const ORIGIN = { address: '192.0.2.7', userAgent: 'a browser', requestId: 'req-1' };

const CALL_DEADLINE_MS = 60_000;

/** Tests wait for every message. */
const LOOK_FOR_MAIL_EVERY_MS = 50;

/** The service as its tests see it: real messages over the in-process bus, a real PostgreSQL, a clock that they move. */
export interface IdentityUnderTest {
  readonly clock: TestClock;
  readonly bus: Bus;
  /** How often a password was hashed or compared. */
  readonly hashing: { hashed: number; compared: number };
  /** The owner's login, to look into the tables. */
  readonly owner: DataSource;
  /** Every message that was sent, the oldest first. */
  readonly mails: readonly RenderedMail[];
  /** Waits for the next message to an address that was not waited for before. @throws Error after ten seconds */
  nextMail(to: string): Promise<RenderedMail>;
  /** Everything that was logged, at every level. */
  logged(): string;
  start(environment?: Record<string, string>): Promise<RunningIdentity>;
  ask<Input extends z.ZodType, Output extends z.ZodType>(
    contract: Contract<Input, Output>,
    input: z.input<Input>,
  ): Promise<z.output<Output>>;
  signIn(email: string, password: string): Promise<z.output<(typeof signIn)['output']>>;
  claim(token: string, email?: string, password?: string): Promise<z.output<(typeof claimInstallation)['output']>>;
  authenticate(sessionToken: string): Promise<z.output<(typeof authenticateSession)['output']>>;
  authenticateToken(accessToken: string): Promise<z.output<(typeof authenticateSession)['output']>>;
  signOut(sessionId: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** One server for a file of tests, one new database for each test. */
export async function identityTests() {
  const postgres = await startTestPostgres();
  const fresh = await newDatabase(postgres, 'identity_fresh');
  await migrateDatabase(fresh, ROOT_SECRET, [identityMigrations]);
  const started = await newDatabase(postgres, 'identity_started', 'identity_fresh');
  await prepareSigningKeys(started);
  let databases = 0;
  const copyOf = (template: string) => newDatabase(postgres, `identity_${++databases}`, template);
  return {
    postgres,
    /** Where signing keys are as a first start left them: RSA keys take longer to make than most tests. */
    open: async () => openIdentity(await copyOf('identity_started')),
    /** Where nothing was started yet. */
    openFresh: async () => openIdentity(await copyOf('identity_fresh')),
    stop: () => postgres.stop(),
  };
}

function openOwner(databaseUrl: string): Promise<DataSource> {
  return new DataSource({
    type: 'postgres',
    url: databaseUrl,
    entities: [SigningKeyEntity],
    extra: { options: '-c search_path=identity' },
  }).initialize();
}

async function prepareSigningKeys(databaseUrl: string): Promise<void> {
  const owner = await openOwner(databaseUrl);
  await putSigningKeys(owner, deriveSecret(ROOT_SECRET, SIGNING_KEYS_KEY), testClock().nowMs());
  await owner.destroy();
}

async function openIdentity(databaseUrl: string): Promise<IdentityUnderTest> {
  const owner = await openOwner(databaseUrl);
  const bus = inProcessBus();
  const clock = testClock();
  const hashing = { hashed: 0, compared: 0 };
  const hasher = countingHasher(hashing);
  const running: RunningIdentity[] = [];
  const lines: string[] = [];
  const mails: RenderedMail[] = [];
  const read = new Set<RenderedMail>();
  const client = bus.clientProxy();
  const ask: IdentityUnderTest['ask'] = (contract, input) => call(client, contract, input, CALL_DEADLINE_MS);
  return {
    clock,
    bus,
    hashing,
    owner,
    mails,
    nextMail: async (to) => {
      const find = () => mails.find((mail) => mail.to === to && !read.has(mail));
      await waitUntil(`a mail to ${to}`, async () => find() !== undefined, 10_000);
      const mail = find();
      if (mail === undefined) throw new Error('the mail is gone');
      read.add(mail);
      return mail;
    },
    logged: () => lines.join(''),
    start: async (environment = {}) => {
      const config = identityConfig({
        DATABASE_URL: databaseUrl,
        GATEHOUSE_SECRET: ROOT_SECRET,
        PUBLIC_URL,
        DEADLINE_FACTOR,
        ...environment,
      });
      const sendMail = async (mail: RenderedMail) => {
        mails.push(mail);
      };
      const logger = pino({ level: 'trace' }, { write: (line) => lines.push(line) });
      const identity = await startIdentity({
        config,
        bus,
        logger,
        nowMs: clock.nowMs,
        hasher,
        sendMail,
        lookForMailEveryMs: LOOK_FOR_MAIL_EVERY_MS,
      });
      running.push(identity);
      return identity;
    },
    ask,
    signIn: (email, password) => ask(signIn, { email, password, origin: ORIGIN }),
    claim: (token, email = ADMIN.email, password = ADMIN.password) =>
      ask(claimInstallation, { token, email, password, origin: ORIGIN }),
    authenticate: (sessionToken) => ask(authenticateSession, { kind: 'session', sessionToken, wantAccessToken: true }),
    authenticateToken: (accessToken) => ask(authenticateSession, { kind: 'access_token', accessToken }),
    signOut: (sessionId) => ask(signOut, { sessionId, origin: ORIGIN }),
    stop: async () => {
      for (const identity of running) await identity.stop();
      await bus.drain();
      await owner.destroy();
    },
  };
}

function countingHasher(counts: IdentityUnderTest['hashing']): PasswordHasher {
  const real = argon2Hasher(deriveSecret(ROOT_SECRET, 'password-pepper'));
  return {
    hash: (password) => {
      counts.hashed += 1;
      return real.hash(password);
    },
    verify: (password, stored) => {
      counts.compared += 1;
      return real.verify(password, stored);
    },
  };
}

async function newDatabase(postgres: TestPostgres, name: string, template = 'template1'): Promise<string> {
  const owner = await new DataSource({ type: 'postgres', url: postgres.url }).initialize();
  await owner.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  await owner.destroy();
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  return url.toString();
}

export const ADMIN_ENVIRONMENT = { GATEHOUSE_ADMIN_EMAIL: ADMIN.email, GATEHOUSE_ADMIN_PASSWORD: ADMIN.password };

/** @throws Error where a sign-in or claim did not end in a session. */
export function expectSignedIn(outcome: z.output<(typeof signIn)['output'] | (typeof claimInstallation)['output']>) {
  if (outcome.kind !== 'signed_in') throw new Error(`not signed in: ${outcome.kind}`);
  return outcome;
}

/** @throws Error where nobody was found behind a credential. */
export function expectAuthenticated(outcome: z.output<(typeof authenticateSession)['output']>) {
  if (outcome.kind !== 'authenticated') throw new Error(`not authenticated: ${outcome.code}`);
  return outcome;
}
