import { createHash } from 'node:crypto';
import type { TakeQuery } from '@gatehouse/contracts/limit-records';
import { firstEndInMs } from '@gatehouse/limit-domain/allotment';
import { Redis } from 'iovalkey';
import { GIVE_BACK_SCRIPT } from './give-back-script.js';
import type { LimitStore } from './limit-store.js';
import { Places, planText, readTakeAllReply, type TakeAllReply } from './take-all-exchange.js';
import { TAKE_ALL_SCRIPT } from './take-all-script.js';

/** What the store says of itself; with one hash tag for all keys, since one script takes them together. */
const OWN_KEY = 'gatehouse:{limits}';
const KEY_PREFIX = `${OWN_KEY}:`;
const ALLOTMENT_PREFIX = `${OWN_KEY}.allotment:`;
export const COMMAND_TIMEOUT_MS = 100;
const FIRST_CONNECT_MS = 5_000;
const DISCONNECT_TIMEOUT_MS = 200;
const SCRIPT_SHA = createHash('sha1').update(TAKE_ALL_SCRIPT).digest('hex');

export interface RedisSettings {
  readonly url: string;
  readonly logger: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
  /** Unix milliseconds, in place of the server's own clock; for tests. */
  readonly nowMs?: (() => number) | undefined;
  /** How long a charge may take before it fails, milliseconds; 100 without one. A test of what is counted has patience. */
  readonly commandTimeoutMs?: number | undefined;
  /** What a store without any memory is to a replica that knows of none; `new` without one. */
  readonly emptyStore?: 'new' | 'lost' | undefined;
}

/**
 * Counters in Redis or Valkey, shared by all replicas: one script and one round trip for a batch, by the server's clock.
 * The first batch after a restart of the server finds no script and brings it. Batches are counted: a store that has counted
 * fewer than this replica has had answers from has lost its memory, and says so for all replicas.
 * @throws Error `REDIS_URL: cannot connect to host:port: reason`.
 */
export async function connectRedisLimitStore(settings: RedisSettings): Promise<LimitStore> {
  const redis = await openRedis(settings);
  let lastBatch = 0;
  let sinceMs = 0;
  const charge = async (queries: readonly Charged[]): Promise<TakeAllReply> => {
    const { keys, values } = scriptArguments(queries, settings, lastBatch);
    const reply = readTakeAllReply(await runScript(redis, keys, values), queries);
    lastBatch = Math.max(lastBatch, reply.batch);
    if (reply.sinceMs > sinceMs) {
      sinceMs = reply.sinceMs;
      const since = new Date(sinceMs).toISOString();
      settings.logger.warn({ since }, 'the counters have lost their memory: windows that began before are uncertain');
    }
    return reply;
  };
  return {
    kind: 'redis',
    takeAll: async (queries) => (await charge(queries)).outcomes,
    allotAll: async (queries) => {
      const charges = queries.map(({ id, units, subjects }) => ({ cost: units, subjects, allotment: id }));
      const { outcomes, nowMs } = await charge(charges);
      return outcomes.map((outcome) => {
        if (outcome.kind === 'refused') return { kind: 'none' };
        return { kind: 'allotted', windows: outcome.windows, endsInMs: firstEndInMs(outcome.windows, nowMs) };
      });
    },
    giveBackAll: async (returns) => {
      const keys = returns.flatMap(({ id, subjects }) => [
        ALLOTMENT_PREFIX + id,
        ...subjects.map(({ subject }) => KEY_PREFIX + subject),
      ]);
      const values = returns.flatMap(({ units, subjects }) => [units, subjects.length]);
      await redis.eval(GIVE_BACK_SCRIPT, keys.length, ...keys, ...values);
    },
    isReady: () =>
      redis.ping().then(
        () => true,
        () => false,
      ),
    close: async () => {
      redis.removeAllListeners('close');
      redis.disconnect();
    },
  };
}

async function openRedis({ url, logger, commandTimeoutMs = COMMAND_TIMEOUT_MS }: RedisSettings): Promise<Redis> {
  const redis = new Redis(url.replace(/^valkey:/, 'redis:'), {
    lazyConnect: true,
    connectTimeout: FIRST_CONNECT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    commandTimeout: commandTimeoutMs,
    // A charge is never sent twice, and never waits for a server to come back.
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(1_000, attempt * 50),
  });
  let lastReason = 'no answer';
  redis.on('error', (error: NodeJS.ErrnoException) => {
    lastReason = error.message || error.code || lastReason;
  });
  if (!(await isReadyInTime(redis))) {
    redis.disconnect();
    const { hostname, port } = new URL(url);
    throw new Error(`REDIS_URL: cannot connect to ${hostname}:${port || '6379'}: ${lastReason}`);
  }
  let isConnected = true;
  redis.on('close', () => {
    // Every failed attempt to reconnect closes too.
    if (isConnected) logger.warn({}, 'the connection to the counters was lost');
    isConnected = false;
  });
  redis.on('ready', () => {
    isConnected = true;
    logger.info({}, 'connected to the counters again');
  });
  return redis;
}

/** The server may be starting as well: what fails at first is tried again until the time is over. */
function isReadyInTime(redis: Redis): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), FIRST_CONNECT_MS);
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve(true);
    });
    // Why an attempt failed comes as an `error` event.
    redis.connect().catch(() => undefined);
  });
}

async function runScript(redis: Redis, keys: string[], values: (string | number)[]): Promise<unknown> {
  const run = () => redis.evalsha(SCRIPT_SHA, keys.length, ...keys, ...values);
  try {
    return await run();
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    await redis.script('LOAD', TAKE_ALL_SCRIPT);
    return run();
  }
}

/** What one run of the script charges: requests, and allotments by their ids. */
interface Charged extends TakeQuery {
  readonly allotment?: string;
}

function scriptArguments(queries: readonly Charged[], { nowMs, emptyStore }: RedisSettings, lastBatch: number) {
  const keys = new Places([OWN_KEY]);
  const plans = new Places([]);
  const asked: number[] = [];
  for (const { cost, subjects, allotment } of queries) {
    asked.push(cost, allotment === undefined ? 0 : keys.of(ALLOTMENT_PREFIX + allotment), subjects.length);
    for (const { subject, limits } of subjects) asked.push(keys.of(KEY_PREFIX + subject), plans.of(planText(limits)));
  }
  const now = nowMs === undefined ? '' : nowMs();
  return { keys: keys.names, values: [now, lastBatch, emptyStore ?? 'new', JSON.stringify(asked), ...plans.names] };
}
