import {
  AuthorizationError,
  type ConnectionOptions,
  connect,
  type NatsConnection,
  UserAuthenticationExpiredError,
} from '@nats-io/transport-node';

/** How long a start waits for NATS, which may be starting as well. */
const FIRST_CONNECT_MS = 5_000;
const RETRY_MS = 200;

/** Three unanswered intervals end a connection that is open but dead: 4.5 seconds. */
const PING_INTERVAL_MS = 1_500;
const MAX_PINGS_OUT = 2;

/**
 * Opens a connection that reconnects for ever once it has been up.
 * @throws Error naming the variable, the host and the reason, never the credentials.
 */
export async function openConnection(url: string, name: string): Promise<NatsConnection> {
  const options = connectionOptions(url, name);
  const deadlineMs = performance.now() + FIRST_CONNECT_MS;
  for (;;) {
    try {
      return await connect({ ...options, timeout: Math.max(RETRY_MS, deadlineMs - performance.now()) });
    } catch (error) {
      if (isRefusal(error) || performance.now() + RETRY_MS > deadlineMs) {
        throw new Error(`NATS_URL: cannot connect to ${options.servers}: ${reasonOf(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** Replies to one service are out of reach for the others: NATS permissions name this prefix. */
export function inboxPrefix(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) throw new Error('the name of a service is made of a-z, 0-9 and -');
  return `_INBOX_${name}`;
}

function connectionOptions(url: string, name: string): ConnectionOptions & { servers: string } {
  const { protocol, hostname, port, username, password } = new URL(url);
  const user = decodeURIComponent(username);
  return {
    servers: `${hostname}:${port === '' ? '4222' : port}`,
    name,
    inboxPrefix: inboxPrefix(name),
    ...(password !== '' ? { user, pass: decodeURIComponent(password) } : user !== '' ? { token: user } : {}),
    ...(protocol === 'tls:' ? { tls: {} } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    reconnectJitterTLS: 100,
    // A rejected credential may be accepted again after a rotation: giving up would need a restart.
    ignoreAuthErrorAbort: true,
    waitOnFirstConnect: false,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: MAX_PINGS_OUT,
    noAsyncTraces: true,
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof AuthorizationError || error instanceof UserAuthenticationExpiredError;
}

function reasonOf(error: unknown): string {
  const { message, code, cause } = error as NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException };
  return message || code || cause?.message || 'no reason given';
}
