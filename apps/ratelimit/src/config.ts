import { loadConfig } from '@gatehouse/config/environment.loader';
import { deadlineFactor, logLevel, natsUrl, nodeEnvironment, port, redisUrl } from '@gatehouse/config/variables';
import { z } from 'zod';

type Environment = Readonly<Record<string, string | undefined>>;

const serviceShape = {
  /** Where replicas share their counters; without it, the counters are in memory and there is one replica. */
  REDIS_URL: redisUrl.optional(),
  DEADLINE_FACTOR: deadlineFactor,
  /** What a Redis without counters is to a replica that has just started: a new installation's, or one that has lost them. */
  LIMITS_EMPTY_STORE: z.enum(['new', 'lost'], { error: 'must be new or lost' }).default('new'),
};

const processShape = {
  ...serviceShape,
  NATS_URL: natsUrl,
  INTERNAL_PORT: port(9090),
  LOG_LEVEL: logLevel,
  NODE_ENV: nodeEnvironment,
};

/**
 * What the service needs, wherever it runs.
 * @throws ConfigurationError
 */
export function ratelimitConfig(environment: Environment) {
  return loadConfig(serviceShape, environment);
}
export type RatelimitConfig = ReturnType<typeof ratelimitConfig>;

/**
 * What a process of its own needs beside that.
 * @throws ConfigurationError
 */
export function ratelimitProcessConfig(environment: Environment) {
  return loadConfig(processShape, environment);
}
