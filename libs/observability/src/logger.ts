import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Fields that may carry a credential, at any of the two depths at which we log them. */
const REDACTED = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'key',
  'sessionToken',
  'accessToken',
  'x-api-key',
  'set-cookie',
];

/** One JSON line for each event, to stdout. Credentials are cut out by field name. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    name: service,
    level,
    base: { service },
    redact: {
      paths: REDACTED.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`]),
      censor: '[redacted]',
    },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}
