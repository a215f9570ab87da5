import { randomBytes } from 'node:crypto';
import type { Bus } from '@gatehouse/bus/bus';
import { call } from '@gatehouse/bus/call.client';
import { inProcessBus } from '@gatehouse/bus/in-process.client';
import type { Actor } from '@gatehouse/contracts/actor';
import { VERIFY_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { issueKey } from '@gatehouse/contracts/keys';
import { decodeVerifyReplies, encodeVerifyQueries, type VerifyReply } from '@gatehouse/contracts/verify-records';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import type { RunningService } from '@gatehouse/observability/running-service';
import { migrateDatabase } from '@gatehouse/postgres/migrate.client';
import { DEADLINE_FACTOR } from '@gatehouse/testing/deadline-factor';
import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { ClientProxy } from '@nestjs/microservices';
import pg from 'pg';
import { pino } from 'pino';
import { keysConfig } from '../config.js';
import { APIS, actor, request, SECRET } from '../keys-under-test.conformance.js';
import { keysMigrations } from '../migrate.js';
import { startKeys } from '../start.js';

/** A pepper as `KEY_PEPPERS` has it. */
export const newPepper = (version: number) => `${version}=${randomBytes(32).toString('base64')}`;

/** What one replica is started with beside what all have. */
type PepperSettings = { readonly KEY_PEPPERS?: string; readonly KEY_PEPPER_CURRENT?: string };

export interface IssuedKey {
  readonly keyId: string;
  readonly secret: string;
  readonly by: Actor;
}

/** A database of each test's own, and replicas of the keys service that come and go over it. */
export interface PepperTests {
  /** With the rights of the database's owner. */
  owner: pg.Client;
  bus: Bus;
  client: ClientProxy;
  /** What the replicas logged as a warning or worse. */
  warnings: string[];
  /** @throws as startKeys does. */
  start(settings?: PepperSettings): Promise<RunningService>;
  issue(changes?: object): Promise<IssuedKey>;
  /** What the hot path says of secrets, in their order. */
  verify(secrets: readonly string[]): Promise<readonly VerifyReply[]>;
  /** Pepper -> how many secrets are stored under it. */
  stored(): Promise<Record<number, number>>;
}

/** Its parts are there once the tests of the file run. */
export function withPeppers(): PepperTests {
  let postgres: TestPostgres;
  let databaseUrl: string;
  const running = new Set<RunningService>();
  const tests: Pick<PepperTests, 'start' | 'issue' | 'verify' | 'stored'> & Partial<PepperTests> = {
    start: async (settings = {}) => {
      const { bus, warnings } = tests as PepperTests;
      const config = keysConfig({ DATABASE_URL: databaseUrl, GATEHOUSE_SECRET: SECRET, DEADLINE_FACTOR, ...settings });
      const logger = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
      const service = await startKeys({ config, bus, catalog: { apis: APIS, gateways: 1 }, logger });
      const stop = async () => {
        if (running.delete(replica)) await service.stop();
      };
      const replica = { ...service, stop };
      running.add(replica);
      return replica;
    },
    issue: async (changes = {}) => {
      const by = actor();
      const answer = await call((tests as PepperTests).client, issueKey, { ...request(by), ...changes });
      if (answer.kind !== 'issued') throw new Error(`not issued: ${JSON.stringify(answer)}`);
      return { keyId: answer.key.id, secret: answer.secret, by };
    },
    verify: async (secrets) => {
      const queries = secrets.map((secret) => ({ digest: digestKey(secret), knownRevision: 0 }));
      const { bus } = tests as PepperTests;
      const answer = await bus.request(VERIFY_SUBJECT, encodeVerifyQueries(queries), 3_000);
      return decodeVerifyReplies(answer, secrets.length).replies;
    },
    stored: async () => {
      const { rows } = await (tests as PepperTests).owner.query(
        'SELECT pepper_version, count(*)::int AS secrets FROM keys.key_secrets GROUP BY 1',
      );
      return Object.fromEntries(rows.map((row) => [row.pepper_version, row.secrets]));
    },
  };
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    databaseUrl = await newDatabase(postgres.url);
    tests.owner = new pg.Client(databaseUrl);
    await tests.owner.connect();
    tests.bus = inProcessBus();
    tests.client = tests.bus.clientProxy();
    tests.warnings = [];
  });
  afterEach(async () => {
    for (const replica of [...running]) await replica.stop();
    await tests.bus?.drain();
    await tests.owner?.end();
  });
  afterAll(() => postgres.stop());
  return tests as PepperTests;
}

async function newDatabase(serverUrl: string): Promise<string> {
  const server = new pg.Client(serverUrl);
  await server.connect();
  const name = `peppers_${randomBytes(6).toString('hex')}`;
  await server.query(`CREATE DATABASE ${name}`);
  await server.end();
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).toString();
  await migrateDatabase(url, SECRET, [keysMigrations]);
  return url;
}
