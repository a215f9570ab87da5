import { ConfigurationError, loadConfig } from '@gatehouse/config/environment.loader';
import {
  deadlineFactor,
  gatehouseSecret,
  logLevel,
  natsUrl,
  nodeEnvironment,
  port,
  publicUrl,
} from '@gatehouse/config/variables';
import { z } from 'zod';
import { clientAddresses } from './edge/client-address.server.js';
import { readImportPeppers } from './routes/import-peppers.js';

type Environment = Readonly<Record<string, string | undefined>>;

const origin = publicUrl
  .refine((value) => {
    if (!URL.canParse(value)) return true;
    const url = new URL(value);
    return url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  }, 'must be an origin, without a path')
  .transform((value) => new URL(value).origin);

const list = z
  .string()
  .transform((value) => value.split(',').map((part) => part.trim()))
  .default([]);

/** Whoever answers there decides which reports are believed. */
const signingKeysUrl = publicUrl
  .refine((value) => {
    if (!URL.canParse(value)) return true;
    const { protocol, hostname } = new URL(value);
    return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  }, 'must begin with https://, unless it is on this machine')
  .default('https://api.github.com/meta/public_keys/secret_scanning');
const importPeppers = z
  .string()
  .transform((value, context) => {
    const peppers = readImportPeppers(value);
    if (peppers !== undefined) return peppers;
    context.addIssue({ code: 'custom', message: 'must be name=base64, several with commas between them' });
    return z.NEVER;
  })
  .default(new Map());

const shape = {
  PORT: port(8080),
  PUBLIC_URL: origin.optional(),
  GATEHOUSE_SECRET: gatehouseSecret,
  TRUSTED_PROXIES: list,
  EXAMPLE_UPSTREAM_URL: publicUrl.optional(),
  /** Identity's HTTP port, where sign-ins with GitHub or SSO go on. */
  IDENTITY_URL: publicUrl.optional(),
  GITHUB_SECRET_SCANNING_KEYS_URL: signingKeysUrl,
  /** What former systems hashed their keys with: name=base64,… */
  IMPORT_PEPPERS: importPeppers,
  DEADLINE_FACTOR: deadlineFactor,
  NODE_ENV: nodeEnvironment,
};

const processShape = {
  ...shape,
  NATS_URL: natsUrl,
  GATEHOUSE_CONFIG: z.string().default('gatehouse.yaml'),
  INTERNAL_PORT: port(9090),
  LOG_LEVEL: logLevel,
};

/** What a gateway needs wherever it runs. `PUBLIC_URL` is an origin; `TRUSTED_PROXIES` are addresses and CIDR ranges. */
export type GatewayConfig = Omit<z.infer<z.ZodObject<typeof shape>>, 'PUBLIC_URL'> & { readonly PUBLIC_URL: string };

/** @throws ConfigurationError that names every variable that is wrong */
export function gatewayConfig(environment: Environment): Readonly<GatewayConfig> {
  return checked(loadConfig(shape, environment));
}

/**
 * What a process of its own needs beside that.
 * @throws ConfigurationError that names every variable that is wrong
 */
export function gatewayProcessConfig(environment: Environment) {
  return checked(loadConfig(processShape, environment));
}

function checked<Given extends Omit<GatewayConfig, 'PUBLIC_URL'> & { readonly PUBLIC_URL?: string | undefined }>(
  given: Given,
): Readonly<Given & { readonly PUBLIC_URL: string }> {
  const PUBLIC_URL = given.PUBLIC_URL ?? `http://localhost:${given.PORT}`;
  if (given.NODE_ENV === 'production' && !PUBLIC_URL.startsWith('https://')) {
    throw new ConfigurationError('PUBLIC_URL: must begin with https:// in production, where plain HTTP is refused');
  }
  clientAddresses(given.TRUSTED_PROXIES);
  return Object.freeze({ ...given, PUBLIC_URL });
}
