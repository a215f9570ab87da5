import { ConfigurationError, loadConfig } from '@gatehouse/config/environment.loader';
import {
  databaseUrl,
  gatehouseSecret,
  logLevel,
  natsUrl,
  nodeEnvironment,
  port,
  publicUrl,
} from '@gatehouse/config/variables';
import { z } from 'zod';

const shape = {
  DATABASE_URL: databaseUrl,
  /** Only the process of its own needs it; inside the standalone process there is another bus. */
  NATS_URL: natsUrl.optional(),
  GATEHOUSE_SECRET: gatehouseSecret,
  /** Issuer and audience of access tokens. */
  PUBLIC_URL: publicUrl.optional(),
  PASSWORD_MIN_LENGTH: z.coerce
    .number()
    .int('must be a whole number')
    .min(12, 'must be at least 12')
    .max(128, 'must be at most 128')
    .default(12),
  GATEHOUSE_ADMIN_EMAIL: z.string().optional(),
  GATEHOUSE_ADMIN_PASSWORD: z.string().optional(),
  INTERNAL_PORT: port(9090),
  LOG_LEVEL: logLevel,
  NODE_ENV: nodeEnvironment,
};

const DEVELOPMENT_URL = 'http://localhost:8080';

/** Reads what this service needs from the environment. @throws ConfigurationError that names each bad variable. */
export function identityConfig(environment: Readonly<Record<string, string | undefined>>) {
  const { PUBLIC_URL, ...config } = loadConfig(shape, environment);
  if (PUBLIC_URL === undefined && config.NODE_ENV === 'production') {
    throw new ConfigurationError('PUBLIC_URL: is required in production');
  }
  // Without a slash at the end, however it was written: it is compared as a text in tokens.
  return Object.freeze({ ...config, PUBLIC_URL: (PUBLIC_URL ?? DEVELOPMENT_URL).replace(/\/+$/, '') });
}

export type IdentityConfig = ReturnType<typeof identityConfig>;

/** The address of NATS, for the process of its own. @throws ConfigurationError */
export function requireNatsUrl(config: IdentityConfig): string {
  if (config.NATS_URL === undefined) throw new ConfigurationError('NATS_URL: is required');
  return config.NATS_URL;
}
