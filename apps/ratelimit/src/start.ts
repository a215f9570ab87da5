import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { Bus } from '@gatehouse/bus/bus';
import type { Logger } from '@gatehouse/observability/logger';
import { createMetrics } from '@gatehouse/observability/metrics';
import { nestLogger } from '@gatehouse/observability/nest-logger';
import type { RunningService } from '@gatehouse/observability/running-service';
import { NestFactory } from '@nestjs/core';
import { ratelimitModule } from './app.module.js';
import type { RatelimitConfig } from './config.js';
import { answerAllotments } from './limits/answer-allotments.js';
import { answerTakes } from './limits/answer-takes.js';
import { gatherScripts } from './limits/gather-scripts.js';
import type { LimitStore } from './limits/limit-store.js';
import { memoryLimitStore } from './limits/memory-limits.store.js';
import { COMMAND_TIMEOUT_MS, connectRedisLimitStore } from './limits/redis-limits.store.js';
import { ratelimitMetrics } from './metrics.js';
import { refuseSecondMemory } from './replicas/refuse-second-memory.client.js';

/** Two replicas that start at the same moment miss each other with a chance of 1 in 1024. */
const QUESTIONS_ONCE_SERVING = 10;

export interface RatelimitOptions {
  readonly config: RatelimitConfig;
  readonly bus: Bus;
  readonly logger: Logger;
  /** Unix milliseconds; without it, the clock of Redis, or of this process where the counters are in memory. */
  readonly nowMs?: () => number;
  /** Whether this service counts for its process; false where several live in one. */
  readonly processMetrics?: boolean;
}

/**
 * Starts the limits service: one answer for each batch of the hot path, from counters in Redis or in memory.
 * @throws Error with one clear sentence where Redis cannot be reached, or another replica would count on its own.
 */
export async function startRatelimit(options: RatelimitOptions): Promise<RunningService> {
  const { config, bus, logger, nowMs } = options;
  const store = await openStore(config, logger, nowMs);
  const description = { instanceId: randomUUID(), store: store.kind };
  const client = bus.clientProxy();
  const app = await NestFactory.createMicroservice(ratelimitModule(description), {
    strategy: bus.serverStrategy('ratelimit'),
    logger: nestLogger(logger),
    abortOnError: false,
  });
  try {
    await refuseSecondMemory(client, description, 1);
    await app.listen();
    await refuseSecondMemory(client, description, QUESTIONS_ONCE_SERVING);
  } catch (error) {
    await app.close();
    await store.close();
    throw error;
  }
  const registry = createMetrics('ratelimit', options.processMetrics ?? false);
  const ports = { store, logger, metrics: ratelimitMetrics(registry) };
  const answerings = [await answerTakes(bus, ports), ...(await answerAllotments(bus, ports))];
  logger.info({ store: store.kind }, 'limits are answered');

  return {
    name: 'ratelimit',
    metrics: registry,
    notReady: async () => [...((await store.isReady()) ? [] : ['redis']), ...(bus.isConnected() ? [] : ['nats'])],
    stop: async () => {
      await Promise.all([...answerings.map((answering) => answering.stop()), app.close()]);
      await client.close();
      await store.close();
    },
  };
}

async function openStore(
  config: RatelimitConfig,
  logger: Logger,
  nowMs: (() => number) | undefined,
): Promise<LimitStore> {
  if (config.REDIS_URL === undefined) return memoryLimitStore(nowMs ?? Date.now);
  const store = await connectRedisLimitStore({
    url: config.REDIS_URL,
    logger,
    nowMs,
    commandTimeoutMs: COMMAND_TIMEOUT_MS * config.DEADLINE_FACTOR,
    emptyStore: config.LIMITS_EMPTY_STORE,
  });
  return gatherScripts(store);
}
