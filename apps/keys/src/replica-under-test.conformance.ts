import { setTimeout as pause } from 'node:timers/promises';
import type { Bus } from '@gatehouse/bus/bus';
import { inProcessBus } from '@gatehouse/bus/in-process.client';
import type { Actor } from '@gatehouse/contracts/actor';
import { invalidateSubject, VERIFY_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { decodeVerifyReplies, encodeVerifyQueries, type VerifyReply } from '@gatehouse/contracts/verify-records';
import { displayKey } from '@gatehouse/key-domain/display-key';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { connectDatabase } from '@gatehouse/postgres/data-source.client';
import { migrateDatabase } from '@gatehouse/postgres/migrate.client';
import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { HoldersStore } from './lease/holders.store.js';
import { changeAtOneMoment, unannounced } from './lease/settling.js';
import { revokeKey } from './lifecycle/change-state.js';
import { KeyEntity, KeySecretEntity } from './lifecycle/key.entity.js';
import { newKeyId } from './lifecycle/key-id.js';
import type { KeyRecord } from './lifecycle/key-record.js';
import { KeysStore } from './lifecycle/keys.store.js';
import { keysMigrations } from './migrate.js';
import { Replica, type ReplicaPorts } from './replica.js';
import { onlyPepper, sealNew } from './secrets/peppers.js';
import { FactsStore } from './verification/facts.store.js';

const SECRET = 'a-root-secret-for-these-tests-0123456789';
const PEPPERS = onlyPepper(Buffer.alloc(32, 3));
/** Longer than that of the service, whose "unavailable" under load is right but not what these tests are about. */
const FIND_DEADLINE_MS = 10_000;
export const ACTOR: Actor = {
  accountId: 'acc_1',
  organizationId: 'org_1',
  role: 'developer',
  address: '192.0.2.1',
  requestId: 'req_1',
};

/** The database of one test file, and what its tests have opened; all of it ends with them. */
export interface ReplicaTests extends TestDatabase {
  /** Is stopped after the test that opened it, last first. */
  readonly opened: { stop(): Promise<unknown> }[];
}

export interface TestDatabase {
  readonly database: DataSource;
  readonly pool: Pool;
  readonly store: KeysStore;
  close(): Promise<unknown>;
}

/** Prepares a real PostgreSQL for the tests of one file. Its parts are there once the tests run. */
export function withReplicas(): ReplicaTests {
  const tests: { opened: ReplicaTests['opened'] } & Partial<TestDatabase> = { opened: [] };
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    Object.assign(tests, await openDatabase(postgres));
  });
  afterEach(async () => {
    for (const part of tests.opened.splice(0).reverse()) await part.stop();
  });
  afterAll(async () => {
    await tests.close?.();
    await postgres.stop();
  });
  return tests as ReplicaTests;
}

export async function openDatabase(server: TestPostgres): Promise<TestDatabase> {
  await migrateDatabase(server.url, SECRET, [keysMigrations]);
  const connect = () =>
    connectDatabase({
      databaseUrl: server.url,
      rootSecret: SECRET,
      database: { service: 'keys' },
      entities: [KeyEntity, KeySecretEntity],
      poolSize: 16,
      deadlineFactor: 10,
    });
  // As the service has them: whoever holds a transaction open waits for what holders say.
  const [management, hot] = await Promise.all([connect(), connect()]);
  return {
    database: management,
    pool: (hot.driver as PostgresDriver).master as Pool,
    store: new KeysStore(management),
    close: () => Promise.all([management.destroy(), hot.destroy()]),
  };
}

/** A key in the database. */
export async function newKey({ store }: Pick<TestDatabase, 'store'>): Promise<{ keyId: string; digest: Buffer }> {
  const secret = mintKey('ex_live_');
  const digest = digestKey(secret);
  const nowMs = Date.now();
  const key: KeyRecord = {
    keyId: newKeyId(),
    revision: 1,
    api: 'exante',
    organizationId: ACTOR.organizationId,
    projectId: 'prj_1',
    environment: 'live',
    name: 'a key',
    metadata: {},
    scopes: ['invoices.read'],
    state: 'active',
    allowedAddresses: [],
    limits: null,
    remainingUses: null,
    expiresAtMs: null,
    createdAtMs: nowMs,
    createdBy: ACTOR.accountId,
    creatorRole: ACTOR.role,
    revokedAtMs: null,
    revocationReason: null,
    removedAtMs: null,
    secrets: {
      current: { generation: 1, display: displayKey('ex_live_', secret), createdAtMs: nowMs },
      old: null,
      lastGeneration: 1,
    },
  };
  const sealed = sealNew(PEPPERS, digest);
  await store.issue({ key, sealed, plan: 'free', keysMaxOf: () => null, kept: undefined }, ACTOR);
  return { keyId: key.keyId, digest };
}

export interface TestReplica {
  readonly replica: Replica;
  /** Asks this replica, whatever others answer the subject. */
  verify(digest: Buffer, knownRevision?: number): Promise<VerifyReply>;
  verifyAll(digests: readonly Buffer[]): Promise<VerifyReply[]>;
  /** Commits a revoke and waits as the service does. @returns how long that took, in milliseconds. */
  revoke(keyId: string): Promise<number>;
  /** How often the database was asked about keys. */
  lookups(): number;
  /** Makes renewals fail from now on. */
  breakRenewals(): void;
  /** Makes its monotonic clock run ahead. */
  skipMs(milliseconds: number): void;
}

interface ReplicaOptions {
  readonly bus: Bus;
  /** Another database than that of the tests. */
  readonly on?: TestDatabase;
  /** False: messages about changes never reach it. */
  readonly hears?: boolean;
  /** False: the negative control, a cache without lease. */
  readonly checksLease?: boolean;
  /** Stands between the database's answer and the replica. */
  readonly hold?: () => Promise<void>;
}

export async function openReplica(tests: ReplicaTests, options: ReplicaOptions): Promise<TestReplica> {
  const { bus, on = tests } = options;
  const facts = new FactsStore(on.pool, PEPPERS, undefined, FIND_DEADLINE_MS);
  const holders = new HoldersStore(on.pool);
  let lookups = 0;
  let renews = true;
  let skippedMs = 0;
  let answer: ((payload: Uint8Array) => Promise<Uint8Array>) | undefined;
  const ports: ReplicaPorts = {
    bus: {
      request: (subject, payload, deadlineMs) => bus.request(subject, payload, deadlineMs),
      answer: async (subject, queue, answerer) => {
        if (subject === VERIFY_SUBJECT) answer = answerer;
        else if (options.hears === false && subject === invalidateSubject(replica.holderId))
          return { stop: async () => {} };
        return bus.answer(subject, queue, answerer);
      },
    },
    holders: Object.assign(Object.create(holders) as HoldersStore, {
      renew: async (holderId: string, appliedSeq: string) => {
        if (!renews) throw new Error('broken by the test');
        return holders.renew(holderId, appliedSeq);
      },
    }),
    findFacts: async (digests) => {
      lookups++;
      const found = await facts.find(digests);
      await options.hold?.();
      return found;
    },
    cacheEntriesMax: 10_000,
    monotonicMs: () => performance.now() + skippedMs,
    pause: (delayMs) => pause(delayMs),
    log: { info: () => {}, warn: () => {} },
  };
  const replica = new Replica(ports);
  await replica.start(undefined, options.checksLease === false ? { isValid: () => true } : undefined);
  tests.opened.push(replica);
  const verifyAll = async (digests: readonly Buffer[], knownRevision = 0) => {
    if (answer === undefined) throw new Error('the replica does not answer');
    const payload = encodeVerifyQueries(digests.map((digest) => ({ digest, knownRevision })));
    return [...decodeVerifyReplies(await answer(payload), digests.length).replies];
  };
  return {
    replica,
    verifyAll,
    verify: async (digest, knownRevision) => (await verifyAll([digest], knownRevision))[0] as VerifyReply,
    revoke: async (keyId) => {
      const startedAtMs = performance.now();
      const { announcement } = await changeAtOneMoment(replica, (announce) =>
        on.store.change(ACTOR, keyId, (key) => revokeKey(key, undefined, Date.now()), {
          announce: () => announce([keyId]),
        }),
      );
      await replica.settle(announcement ?? unannounced([keyId]), performance.now() + skippedMs);
      return performance.now() - startedAtMs;
    },
    lookups: () => lookups,
    breakRenewals: () => {
      renews = false;
    },
    skipMs: (milliseconds) => {
      skippedMs += milliseconds;
    },
  };
}

export function openBus(tests: ReplicaTests): Bus {
  const bus = inProcessBus();
  tests.opened.push({ stop: () => bus.drain() });
  return bus;
}

/** The state of the key that a reply tells, or the kind of the reply. */
export const stateOf = (reply: VerifyReply) => (reply.kind === 'facts' ? reply.facts.state : reply.kind);

export const quiet = { info: () => {}, warn: () => {}, error: () => {} };

export async function holderIds({ pool }: Pick<TestDatabase, 'pool'>): Promise<string[]> {
  return (await new HoldersStore(pool).list()).map((holder) => holder.holderId);
}

export async function until(condition: () => Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const startedAtMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAtMs > deadlineMs) throw new Error('this did not come true in time');
    await pause(10);
  }
}
