import { loadConfig } from '@gatehouse/config/environment.loader';
import {
  databaseUrl,
  gatehouseSecret,
  logLevel,
  natsUrl,
  nodeEnvironment,
  port,
  publicUrl,
  redisUrl,
} from '@gatehouse/config/variables';
import { z } from 'zod';

type Environment = Readonly<Record<string, string | undefined>>;

const shape = {
  GATEHOUSE_DATA_DIR: z.string().default('.gatehouse'),
  GATEHOUSE_CONFIG: z.string().default('gatehouse.yaml'),
  GATEHOUSE_SECRET: gatehouseSecret.optional(),
  DATABASE_URL: databaseUrl.optional(),
  NATS_URL: natsUrl.optional(),
  REDIS_URL: redisUrl.optional(),
  PORT: port(8080),
  INTERNAL_PORT: port(9090),
  PUBLIC_URL: publicUrl.optional(),
  EXAMPLE_UPSTREAM_URL: publicUrl.optional(),
  NODE_ENV: nodeEnvironment,
  LOG_LEVEL: logLevel.default('warn'),
};

/** What the one process needs itself; what it hands to its services, each of them checks again. */
export function standaloneConfig(environment: Environment) {
  const config = loadConfig(shape, environment);
  if (config.NODE_ENV === 'production' && config.GATEHOUSE_SECRET === undefined) {
    throw new Error('GATEHOUSE_SECRET: is required in production (openssl rand -hex 32 makes one)');
  }
  return { ...config, environment };
}
export type StandaloneConfig = ReturnType<typeof standaloneConfig>;

const clusterShape = {
  GATEHOUSE_DATA_DIR: z.string().default('.gatehouse'),
  GATEHOUSE_SECRET: gatehouseSecret.optional(),
  DATABASE_URL: databaseUrl.optional(),
  NATS_URL: natsUrl.optional(),
  REDIS_URL: redisUrl.optional(),
  PORT: port(8080),
  INTERNAL_PORT: port(9090),
  EXAMPLE_UPSTREAM_URL: publicUrl.optional(),
  LOG_LEVEL: logLevel,
  GATEWAYS: z.coerce.number().int().min(1).max(8).default(1),
  KEYS_REPLICAS: z.coerce.number().int().min(1).max(8).default(1),
  IDENTITY_REPLICAS: z.coerce.number().int().min(1).max(8).default(1),
  RATELIMIT_REPLICAS: z.coerce.number().int().min(1).max(8).default(1),
};

/** What `npm run start:cluster` needs: the given servers, and how many of each service. */
export function clusterConfig(environment: Environment) {
  return { ...loadConfig(clusterShape, environment), environment };
}

/** What the migration needs: the owner's login and the secret that the services' logins are derived from. */
export function migrateConfig(environment: Environment) {
  return loadConfig({ DATABASE_URL: databaseUrl, GATEHOUSE_SECRET: gatehouseSecret, LOG_LEVEL: logLevel }, environment);
}
