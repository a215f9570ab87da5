import { ConfigurationError, loadConfig } from '@gatehouse/config/environment.loader';
import {
  databaseUrl,
  deadlineFactor,
  gatehouseSecret,
  logLevel,
  natsUrl,
  nodeEnvironment,
  port,
  publicUrl,
  smtpUrl,
} from '@gatehouse/config/variables';
import { z } from 'zod';

/** Whoever answers there decides who people are. */
const providerUrl = publicUrl.refine((value) => {
  if (!URL.canParse(value)) return true;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}, 'must begin with https://, unless it is on this machine');

/** What has to be set together. */
const TOGETHER = [
  ['GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET'],
  ['SSO_ISSUER', 'SSO_CLIENT_ID', 'SSO_CLIENT_SECRET'],
] as const;

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
  /** Where mail is sent through; without it, messages are files in the data folder's `outbox`. */
  SMTP_URL: smtpUrl.optional(),
  MAIL_FROM: z.string().max(320).default('Gatehouse <no-reply@localhost>'),
  GATEHOUSE_DATA_DIR: z.string().default('.gatehouse'),
  /** Sign-in with GitHub; an Enterprise server has its own GITHUB_URL. */
  GITHUB_CLIENT_ID: z.string().optional(),
  GITHUB_CLIENT_SECRET: z.string().optional(),
  GITHUB_URL: providerUrl.default('https://github.com'),
  /** Sign-in with any OpenID Connect provider. */
  SSO_ISSUER: providerUrl
    .refine((value) => !value.includes('/.well-known/'), 'must be the issuer, not the address of its description')
    .optional(),
  SSO_CLIENT_ID: z.string().optional(),
  SSO_CLIENT_SECRET: z.string().optional(),
  /** Where the gateway hands sign-ins with a provider on; open only where one is configured. */
  IDENTITY_HTTP_PORT: port(8081),
  GATEHOUSE_ADMIN_EMAIL: z.string().optional(),
  GATEHOUSE_ADMIN_PASSWORD: z.string().optional(),
  DEADLINE_FACTOR: deadlineFactor,
  INTERNAL_PORT: port(9090),
  LOG_LEVEL: logLevel,
  NODE_ENV: nodeEnvironment,
};

/** What the programs need that are run beside the service, on the server itself. */
export function serverConfig(environment: Readonly<Record<string, string | undefined>>) {
  const { DATABASE_URL, GATEHOUSE_SECRET } = shape;
  return Object.freeze(loadConfig({ DATABASE_URL, GATEHOUSE_SECRET }, environment));
}

const DEVELOPMENT_URL = 'http://localhost:8080';

/** Reads what this service needs from the environment. @throws ConfigurationError that names each bad variable. */
export function identityConfig(environment: Readonly<Record<string, string | undefined>>) {
  const { PUBLIC_URL, ...config } = loadConfig(shape, environment);
  if (PUBLIC_URL === undefined && config.NODE_ENV === 'production') {
    throw new ConfigurationError('PUBLIC_URL: is required in production');
  }
  for (const names of TOGETHER) {
    const missing = names.filter((name) => config[name] === undefined);
    if (missing.length > 0 && missing.length < names.length) {
      throw new ConfigurationError(
        `${missing[0]}: is required together with ${names.filter((name) => config[name] !== undefined).join(', ')}`,
      );
    }
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
