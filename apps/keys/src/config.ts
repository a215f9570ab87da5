import { ConfigurationError, loadConfig } from '@gatehouse/config/environment.loader';
import {
  databaseUrl,
  deadlineFactor,
  gatehouseSecret,
  logLevel,
  natsUrl,
  nodeEnvironment,
  port,
} from '@gatehouse/config/variables';
import { z } from 'zod';
import { DERIVED_PEPPER } from './secrets/peppers.js';
import { readPeppers } from './secrets/read-peppers.js';

type Environment = Readonly<Record<string, string | undefined>>;

const peppers = z
  .string()
  .transform((text, context) => {
    const read = readPeppers(text);
    if (read.kind === 'peppers') return read.peppers;
    context.addIssue({ code: 'custom', message: read.message });
    return z.NEVER;
  })
  .default([]);

const serviceShape = {
  DATABASE_URL: databaseUrl,
  GATEHOUSE_SECRET: gatehouseSecret,
  DEADLINE_FACTOR: deadlineFactor,
  /** How many keys a replica holds in memory at most; about 350 bytes each, outside of V8's heap. */
  KEYS_CACHE_ENTRIES: z.coerce.number().int().min(1).max(50_000_000).default(1_000_000),
  /** Peppers beside the derived one, as `2=<base64 or hex>,3=…`. Every replica knows one before any seals under it. */
  KEY_PEPPERS: peppers,
  /** The number of the pepper that secrets are sealed under. */
  KEY_PEPPER_CURRENT: z.coerce.number().int('must be a whole number').default(DERIVED_PEPPER),
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
  return checked(loadConfig(serviceShape, environment));
}
export type KeysConfig = ReturnType<typeof keysConfig>;

/**
 * What a process of its own needs beside that.
 * @throws ConfigurationError
 */
export function keysProcessConfig(environment: Environment) {
  return checked(loadConfig(processShape, environment));
}

function checked<Given extends Pick<z.infer<z.ZodObject<typeof serviceShape>>, 'KEY_PEPPERS' | 'KEY_PEPPER_CURRENT'>>(
  given: Given,
): Given {
  const { KEY_PEPPERS: known, KEY_PEPPER_CURRENT: current } = given;
  if (current !== DERIVED_PEPPER && known.every(({ version }) => version !== current)) {
    throw new ConfigurationError(`KEY_PEPPER_CURRENT: pepper ${current} is not in KEY_PEPPERS`);
  }
  return given;
}
