import { z } from 'zod';

/** Variables that more than one service reads, each with its rule. */
export const port = (fallback: number) =>
  z.coerce.number().int('must be a whole number').min(0).max(65_535, 'must be a port, 0 to 65535').default(fallback);

const url = (protocols: readonly string[]) =>
  z.string().refine(
    (value) => {
      try {
        return protocols.includes(new URL(value).protocol);
      } catch {
        return false;
      }
    },
    `must be an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  );

export const databaseUrl = url(['postgres:', 'postgresql:']);
export const natsUrl = url(['nats:', 'tls:']);
export const redisUrl = url(['redis:', 'rediss:', 'valkey:']);
export const smtpUrl = url(['smtp:', 'smtps:']);
export const publicUrl = url(['http:', 'https:']);

const WEAK_SECRETS = /^(changeme|change-me|secret|password|gatehouse|default|test)/i;

/** Root of all derived secrets: at least 32 characters, not one that everybody tries first. */
export const gatehouseSecret = z
  .string()
  .min(32, 'must have at least 32 characters (openssl rand -hex 32 makes one)')
  .refine((value) => !WEAK_SECRETS.test(value) && new Set(value).size >= 8, 'is too easy to guess');

/**
 * How much longer than usual the parts wait for each other. Their deadlines are for machines on one network that have time;
 * where they have not, an answer that comes late is better than none.
 */
export const deadlineFactor = z.coerce.number().min(1, 'must be at least 1').max(20, 'must be at most 20').default(1);

export const nodeEnvironment = z.enum(['development', 'test', 'production']).default('development');
export const logLevel = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info');
