import { randomBytes } from 'node:crypto';
import type { Bus } from '@gatehouse/bus/bus';
import { call } from '@gatehouse/bus/call.client';
import { inProcessBus } from '@gatehouse/bus/in-process.client';
import { anApi } from '@gatehouse/catalog/an-api.conformance';
import type { Actor } from '@gatehouse/contracts/actor';
import { invalidateSubject, VERIFY_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { issueKey } from '@gatehouse/contracts/keys';
import { decodeVerifyReplies, encodeVerifyQueries } from '@gatehouse/contracts/verify-records';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { readChange } from '@gatehouse/lease/change-message';
import { createLogger } from '@gatehouse/observability/logger';
import type { RunningService } from '@gatehouse/observability/running-service';
import { migrateDatabase } from '@gatehouse/postgres/migrate.client';
import { DEADLINE_FACTOR } from '@gatehouse/testing/deadline-factor';
import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll } from '@jest/globals';
import type { ClientProxy } from '@nestjs/microservices';
import pg from 'pg';
import { keysConfig } from './config.js';
import { keysMigrations } from './migrate.js';
import { startKeys } from './start.js';

export const SECRET = 'a-root-secret-for-these-tests-0123456789';
/** Plans by how many keys they allow; without a number, any. */
const PLANS = { free: plan(null), five: plan(5) };
export const APIS = [
  anApi({ plans: PLANS }),
  anApi({ name: 'xerotier', plans: PLANS }, { rotation: { inPlace: false } }),
  anApi({ name: 'held', plans: PLANS, leakPolicy: 'quarantine' }),
  anApi({ name: 'told', plans: PLANS, leakPolicy: 'notify' }),
];

/** The keys service of one test file, over a real PostgreSQL and the in-process bus, with a clock that the tests move. */
export interface KeysTests {
  readonly postgres: TestPostgres;
  /** With the rights of the database's owner. */
  readonly owner: pg.Client;
  readonly bus: Bus;
  readonly client: ClientProxy;
  readonly keys: RunningService;
  nowMs: number;
}

/** Starts the service before the tests of a file and stops it after them. Its parts are there once the tests run. */
export function withKeys(): KeysTests {
  const tests = { nowMs: Date.UTC(2026, 0, 15) } as KeysTests;
  beforeAll(async () => {
    const postgres = await startTestPostgres();
    await migrateDatabase(postgres.url, SECRET, [keysMigrations]);
    const owner = new pg.Client(postgres.url);
    await owner.connect();
    const bus = inProcessBus();
    const keys = await startKeys({
      config: keysConfig({ DATABASE_URL: postgres.url, GATEHOUSE_SECRET: SECRET, DEADLINE_FACTOR }),
      bus,
      catalog: { apis: APIS, gateways: 1 },
      logger: createLogger('keys', 'silent'),
      nowMs: () => tests.nowMs,
    });
    Object.assign(tests, { postgres, owner, bus, client: bus.clientProxy(), keys });
  });
  afterAll(async () => {
    await tests.keys.stop();
    await tests.bus.drain();
    await tests.owner.end();
    await tests.postgres.stop();
  });
  return tests;
}

/** Somebody of an organization of their own. */
export function actor(organizationId = `org_${randomBytes(8).toString('hex')}`): Actor {
  return { accountId: 'acc_1', organizationId, role: 'developer', address: '192.0.2.1', requestId: 'req_1' };
}

/** The least that a key can be created with. */
export const request = (by: Actor) => ({
  actor: by,
  api: 'exante',
  projectId: 'prj_1',
  projectSlug: 'default',
  plan: 'free',
  name: 'Production',
  scopes: ['invoices.read'],
});

export async function issued({ client }: KeysTests, by: Actor, changes: object = {}) {
  const answer = await call(client, issueKey, { ...request(by), ...changes });
  if (answer.kind !== 'issued') throw new Error(`not issued: ${JSON.stringify(answer)}`);
  return answer;
}

/** What the hot path says of a secret. */
export async function verify({ bus }: KeysTests, secret: string) {
  const payload = encodeVerifyQueries([{ digest: digestKey(secret), knownRevision: 0 }]);
  return decodeVerifyReplies(await bus.request(VERIFY_SUBJECT, payload, 3_000), 1).replies[0];
}

export async function auditOf({ owner }: KeysTests, keyId: string) {
  const { rows } = await owner.query('SELECT * FROM keys.audit_entries WHERE key_id = $1 ORDER BY id', [keyId]);
  return rows;
}

function plan(keysMax: number | null) {
  return { key: [], organization: [], keysMax };
}

/** A lease holder that answers, and what it was told of changes, in order. */
export async function openHolder({ bus, owner }: KeysTests): Promise<{ told: string[]; leave(): Promise<void> }> {
  const holderId = 'f'.repeat(32);
  const told: string[] = [];
  const answering = await bus.answer(invalidateSubject(holderId), holderId, async (payload) => {
    const { kind, ids } = readChange(payload);
    told.push(`${kind} ${ids.join()}`);
    return payload;
  });
  await owner.query(
    'INSERT INTO keys.lease_holders (holder_id, applied_seq, renewals, renewed_at) VALUES ($1, 0, 0, now())',
    [holderId],
  );
  const leave = async () => {
    await owner.query('DELETE FROM keys.lease_holders WHERE holder_id = $1', [holderId]);
    await answering.stop();
  };
  return { told, leave };
}
