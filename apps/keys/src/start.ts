import { setTimeout as pause } from 'node:timers/promises';
import type { Bus } from '@gatehouse/bus/bus';
import type { Catalog } from '@gatehouse/catalog/api';
import { MANAGEMENT_API } from '@gatehouse/catalog/management-api';
import { deriveSecret } from '@gatehouse/config/derive-secret';
import { decodeSpends, encodeSpendOutcomes, SPEND_SUBJECT } from '@gatehouse/contracts/spend-records';
import type { Logger } from '@gatehouse/observability/logger';
import { createMetrics } from '@gatehouse/observability/metrics';
import { nestLogger } from '@gatehouse/observability/nest-logger';
import type { RunningService } from '@gatehouse/observability/running-service';
import { connectDatabase } from '@gatehouse/postgres/data-source.client';
import { NestFactory } from '@nestjs/core';
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { appModule } from './app.module.js';
import { auditLogOf } from './audit/audit-log.store.js';
import type { KeysConfig } from './config.js';
import { within } from './deadline.js';
import { ImportsStore } from './import/imports.store.js';
import { LeaksStore } from './leaks/leaks.store.js';
import { HoldersStore } from './lease/holders.store.js';
import type { Settling } from './lease/settling.js';
import { KeyEntity, KeySecretEntity } from './lifecycle/key.entity.js';
import { KeysStore } from './lifecycle/keys.store.js';
import { keysMetrics } from './metrics.js';
import { NoticesStore } from './notices/notices.store.js';
import { OrganizationsStore } from './organizations/organizations.store.js';
import { PossessionStore } from './possession/possession.store.js';
import { reminderRules } from './reminders/reminder-rules.js';
import { remindOfRotation } from './reminders/rotation-reminders.server.js';
import { RotationRemindersStore } from './reminders/rotation-reminders.store.js';
import { Replica } from './replica.js';
import { peppersOf } from './secrets/peppers.js';
import { careForSecrets, UnusablePeppers } from './secrets/secret-care.server.js';
import { serveUsage } from './usage/usage.server.js';
import { UsageReadingsStore } from './usage/usage-readings.store.js';
import { UsesStore } from './uses/uses.store.js';
import { FactsStore, FIND_DEADLINE_MS } from './verification/facts.store.js';

const FORGET_ANSWERS_EVERY_MS = 60_000;
const REMIND_EVERY_MS = 60_000;

export interface KeysOptions {
  readonly config: KeysConfig;
  readonly bus: Bus;
  readonly catalog: Catalog;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly nowMs?: () => number;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs?: () => number;
  /** How often keys are looked for that have become too old; every minute by default. */
  readonly remindEveryMs?: number;
  /** Whether this service counts for its process; false where several live in one. */
  readonly processMetrics?: boolean;
}

/**
 * Starts the keys service: verification under lease on the hot path, the life of keys by message patterns.
 * @throws Error with one clear sentence where the database cannot be used.
 */
export async function startKeys(options: KeysOptions): Promise<RunningService> {
  const { config, bus, catalog, logger, nowMs = Date.now, monotonicMs = () => performance.now() } = options;
  const secret = (purpose: string) => deriveSecret(config.GATEHOUSE_SECRET, purpose);
  const peppers = peppersOf(secret('key-pepper'), config.KEY_PEPPERS, config.KEY_PEPPER_CURRENT);
  const connect = (poolSize: number) =>
    connectDatabase({
      databaseUrl: config.DATABASE_URL,
      rootSecret: config.GATEHOUSE_SECRET,
      database: { service: 'keys' },
      entities: [KeyEntity, KeySecretEntity],
      poolSize,
      deadlineFactor: config.DEADLINE_FACTOR,
    });
  // Three pools: renewals and lookups never wait behind the transactions of management, and neither for usage reports.
  const [management, hot, reports] = await Promise.all([connect(8), connect(4), connect(2)]);
  const pool = poolOf(hot);
  const closeDatabase = () => Promise.all([management.destroy(), hot.destroy(), reports.destroy()]);

  const store = new KeysStore(management);
  const foundUnderOldPepper = (digest: Buffer, hmac: Buffer) => care.foundUnderOldPepper(digest, hmac);
  const facts = new FactsStore(pool, peppers, foundUnderOldPepper, FIND_DEADLINE_MS * config.DEADLINE_FACTOR);
  const pepperVersions = peppers.all.map(({ version }) => version);
  const replica = new Replica({
    bus,
    holders: new HoldersStore(pool, 'keys', pepperVersions),
    findFacts: (digests) => facts.find(digests),
    mayAnswer: () => Promise.all([care.checkReplicas(), facts.warmUp()]),
    cacheEntriesMax: config.KEYS_CACHE_ENTRIES,
    monotonicMs,
    pause: (delayMs) => pause(delayMs),
    log: logger,
  });
  const metrics = createMetrics('keys', options.processMetrics ?? false);
  const counters = keysMetrics(metrics, replica.lease, replica.known);
  const care = careForSecrets({ database: management, peppers, nowMs, metrics: counters, log: logger });
  const settling: Settling = replica;
  const readings = new UsageReadingsStore(management);
  const apis = new Map([...catalog.apis, MANAGEMENT_API].map((api) => [api.name, api]));
  const cursor = secret('key-list-cursor');
  const module = appModule({
    lifecycle: {
      store,
      usage: readings,
      apis,
      secrets: { peppers, cursor, answer: secret('key-kept-answer') },
      nowMs,
      monotonicMs,
      settling,
      revokeTook: (seconds) => counters.revokeSeconds.observe(seconds),
    },
    organizations: { store: new OrganizationsStore(management), nowMs, monotonicMs, settling },
    usage: { readings, findKey: (organizationId, keyId) => store.find(organizationId, keyId), nowMs },
    possession: new PossessionStore(management, peppers),
    leaks: {
      store: new LeaksStore(management),
      peppers,
      policyOf: (api) => apis.get(api)?.leakPolicy,
      nowMs,
      monotonicMs,
      settling,
    },
    notices: { store: new NoticesStore(management), nowMs },
    audit: { auditLogOf: (query) => auditLogOf(management, query) },
    gatewayHolders: new HoldersStore(pool, 'gateway', pepperVersions),
    imports: { imports: new ImportsStore(management, peppers), keys: store, apis, cursor, nowMs },
  });
  const app = await NestFactory.createMicroservice(module, {
    strategy: bus.serverStrategy('keys'),
    logger: nestLogger(logger),
    abortOnError: false,
  });
  // Only now: making the app holds the process up for longer than a lookup may take.
  const begin = care.checkStored().then(() => replica.start(counters.countBatch));
  await begin.catch(async (error: unknown) => {
    await Promise.all([app.close(), care.stop()]);
    await replica.stop();
    await closeDatabase();
    if (error instanceof UnusablePeppers) throw error;
    throw new Error(`the tables of the keys service cannot be used (${(error as Error).message}); run the migration`);
  });
  await app.listen();
  const uses = new UsesStore(management);
  const spending = await bus.answer(SPEND_SUBJECT, 'keys', async (payload) =>
    encodeSpendOutcomes(await uses.spend(decodeSpends(payload))),
  );
  const usage = await serveUsage({ bus, database: reports, nowMs, log: logger });
  const reminding = remindOfRotation({
    store: new RotationRemindersStore(management),
    rules: reminderRules(catalog.apis),
    everyMs: options.remindEveryMs ?? REMIND_EVERY_MS,
    nowMs,
    log: logger,
  });
  const forgetting = setInterval(() => {
    store.forgetAnswers(nowMs()).catch((error: unknown) => logger.warn({ err: error }, 'old answers stay for now'));
  }, FORGET_ANSWERS_EVERY_MS);

  return {
    name: 'keys',
    metrics,
    notReady: async () => [...((await answers(pool)) ? [] : ['postgres']), ...(bus.isConnected() ? [] : ['nats'])],
    stop: async () => {
      clearInterval(forgetting);
      await Promise.all([spending.stop(), usage.stop(), reminding.stop()]);
      await app.close();
      await replica.stop();
      await care.stop();
      await closeDatabase();
    },
  };
}

/** The pool beneath TypeORM, for statements that are prepared by name. */
function poolOf(dataSource: DataSource): Pool {
  return (dataSource.driver as PostgresDriver).master as Pool;
}

async function answers(pool: Pool): Promise<boolean> {
  return within(1_000, 'PostgreSQL', pool.query('SELECT 1')).then(
    () => true,
    () => false,
  );
}
