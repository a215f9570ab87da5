import { loadConfig } from '@gatehouse/config/environment.loader';
import { databaseUrl, gatehouseSecret, logLevel, natsUrl, nodeEnvironment, port } from '@gatehouse/config/variables';
import { z } from 'zod';

type Environment = Readonly<Record<string, string | undefined>>;

const serviceShape = {
  DATABASE_URL: databaseUrl,
  GATEHOUSE_SECRET: gatehouseSecret,
  /** How many keys a replica holds in memory at most; about 600 bytes each. */
  KEYS_CACHE_ENTRIES: z.coerce.number().int().min(1).max(50_000_000).default(1_000_000),
};

const processShape = {
  ...serviceShape,
  NATS_URL: natsUrl,
  GATEHOUSE_CONFIG: z.string().default('gatehouse.yaml'),
  INTERNAL_PORT: port(9090),
  LOG_LEVEL: logLevel,
  NODE_ENV: nodeEnvironment,
};

/**
 * What the service needs, wherever it runs.
 * @throws ConfigurationError
 */
export function keysConfig(environment: Environment) {
  return loadConfig(serviceShape, environment);
}
export type KeysConfig = ReturnType<typeof keysConfig>;

/**
 * What a process of its own needs beside that.
 * @throws ConfigurationError
 */
export function keysProcessConfig(environment: Environment) {
  return loadConfig(processShape, environment);
}
