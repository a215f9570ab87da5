import { setTimeout as pause } from 'node:timers/promises';
import type { Bus } from '@gatehouse/bus/bus';
import type { Catalog } from '@gatehouse/catalog/api';
import { deriveSecret } from '@gatehouse/config/derive-secret';
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
import type { KeysConfig } from './config.js';
import { within } from './deadline.js';
import { HoldersStore } from './lease/holders.store.js';
import { KeyEntity } from './lifecycle/key.entity.js';
import { KeysStore } from './lifecycle/keys.store.js';
import { keysMetrics } from './metrics.js';
import { Replica } from './replica.js';
import { FactsStore } from './verification/facts.store.js';

const FORGET_ANSWERS_EVERY_MS = 60_000;

export interface KeysOptions {
  readonly config: KeysConfig;
  readonly bus: Bus;
  readonly catalog: Catalog;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly nowMs?: () => number;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs?: () => number;
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
  const pepper = secret('key-pepper');
  const connect = (poolSize: number) =>
    connectDatabase({
      databaseUrl: config.DATABASE_URL,
      rootSecret: config.GATEHOUSE_SECRET,
      database: { service: 'keys' },
      entities: [KeyEntity],
      poolSize,
    });
  // Two pools: renewals and lookups never wait behind the transactions of management.
  const [management, hot] = await Promise.all([connect(8), connect(4)]);
  const pool = poolOf(hot);
  const closeDatabase = () => Promise.all([management.destroy(), hot.destroy()]);

  const store = new KeysStore(management);
  const facts = new FactsStore(pool, pepper);
  const replica = new Replica({
    bus,
    holders: new HoldersStore(pool),
    findFacts: (digests) => facts.find(digests),
    cacheEntriesMax: config.KEYS_CACHE_ENTRIES,
    monotonicMs,
    pause: (delayMs) => pause(delayMs),
    log: logger,
  });
  const metrics = createMetrics('keys', options.processMetrics ?? false);
  const counters = keysMetrics(metrics, replica.lease, replica.known);
  await replica.start(counters.countBatch).catch(async (error: unknown) => {
    await closeDatabase();
    throw new Error(`the tables of the keys service cannot be used (${(error as Error).message}); run the migration`);
  });

  const module = appModule({
    store,
    apis: new Map(catalog.apis.map((api) => [api.name, api])),
    secrets: { pepper, cursor: secret('key-list-cursor'), answer: secret('key-kept-answer') },
    nowMs,
    monotonicMs,
    settle: (keyId, committedAtMs) => replica.settle(keyId, committedAtMs),
    revokeTook: (seconds) => counters.revokeSeconds.observe(seconds),
  });
  const app = await NestFactory.createMicroservice(module, {
    strategy: bus.serverStrategy('keys'),
    logger: nestLogger(logger),
    abortOnError: false,
  });
  await app.listen();
  const forgetting = setInterval(() => {
    store.forgetAnswers(nowMs()).catch((error: unknown) => logger.warn({ err: error }, 'old answers stay for now'));
  }, FORGET_ANSWERS_EVERY_MS);

  return {
    name: 'keys',
    metrics,
    notReady: async () => [...((await answers(pool)) ? [] : ['postgres']), ...(bus.isConnected() ? [] : ['nats'])],
    stop: async () => {
      clearInterval(forgetting);
      await app.close();
      await replica.stop();
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
