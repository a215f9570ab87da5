import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisServer, startRedisServer } from '@gatehouse/launch/redis-server.client';
import type { Limit, LimitOutcome } from '@gatehouse/limit-domain/limit';
import { testClock } from '@gatehouse/testing/clock';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'iovalkey';
import type { LimitStore } from './limit-store.js';
import { connectRedisLimitStore } from './redis-limits.store.js';

const DAY_SECONDS = 86_400;
const NOON_MS = DAY_SECONDS * 1_000 * 20_000 + 43_200_000;
const day: Limit = { windowSeconds: DAY_SECONDS, quota: 5 };

describe('when Redis loses its memory', () => {
  let server: RedisServer;
  let admin: Redis;
  let clock: ReturnType<typeof testClock>;
  let warnings: string[];
  const open: LimitStore[] = [];

  const connect = async (emptyStore?: 'new' | 'lost') => {
    const logger = { info: () => undefined, warn: (_fields: object, message: string) => void warnings.push(message) };
    const settings = { url: server.url, logger, commandTimeoutMs: 10_000, nowMs: clock.nowMs, emptyStore };
    const store = await connectRedisLimitStore(settings);
    open.push(store);
    return store;
  };
  const take = async (store: LimitStore, limit = day, subject = 'key:a'): Promise<LimitOutcome> => {
    const [outcome] = await store.takeAll([{ cost: 1, subjects: [{ subject, limits: [limit] }] }]);
    if (outcome === undefined) throw new Error('the store left a query unanswered');
    return outcome;
  };
  const isUncertain = (outcome: LimitOutcome) => outcome.kind === 'allowed' && outcome.isUncertain === true;

  beforeEach(async () => {
    clock = testClock(NOON_MS);
    warnings = [];
    server = await startRedisServer();
    admin = new Redis(server.url);
  });
  afterEach(async () => {
    admin.disconnect();
    for (const store of open.splice(0)) await store.close();
    await server.stop();
  });

  it('says so to every replica until the window ends in which it happened, and no longer [F-21] [INV-10]', async () => {
    const [one, two] = [await connect(), await connect()];
    for (const store of [one, two, one]) expect(isUncertain(await take(store))).toBe(false);
    await admin.flushall();
    for (const store of [one, two, one]) expect(isUncertain(await take(store))).toBe(true);
    const newcomer = await connect();
    expect(isUncertain(await take(newcomer))).toBe(true);
    expect(warnings.length).toBe(3);
    clock.advanceSeconds(DAY_SECONDS / 2 - 1);
    expect(await take(one)).toMatchObject({ kind: 'allowed', isUncertain: true });
    clock.advanceSeconds(1);
    for (const store of [one, two, newcomer]) expect(isUncertain(await take(store))).toBe(false);
  });

  it('is certain of what reaches no further back than its memory, whatever the algorithm', async () => {
    const store = await connect();
    await take(store);
    await admin.flushall();
    await take(store);
    clock.advanceSeconds(60);
    const seconds = (limit: Partial<Limit>): Limit => ({ windowSeconds: 90, quota: 9, ...limit });
    expect(isUncertain(await take(store, { windowSeconds: 30, quota: 9 }, 'key:b'))).toBe(false);
    expect(isUncertain(await take(store, seconds({ algorithm: 'sliding-window' }), 'key:c'))).toBe(true);
    expect(isUncertain(await take(store, seconds({ algorithm: 'token-bucket' }), 'key:d'))).toBe(true);
    // Whatever was missing then, so small a bucket is full again after 50 s.
    expect(isUncertain(await take(store, seconds({ algorithm: 'token-bucket', burst: 5 }), 'key:e'))).toBe(false);
    clock.advanceSeconds(30);
    expect(isUncertain(await take(store, seconds({ algorithm: 'sliding-window' }), 'key:c'))).toBe(false);
    expect(isUncertain(await take(store, seconds({ algorithm: 'token-bucket' }), 'key:d'))).toBe(false);
  });

  it('notices that only the last charges are gone, as after a failover to a replica that lagged [F-22]', async () => {
    const store = await connect();
    for (let index = 0; index < 3; index++) await take(store);
    const keys = ['gatehouse:{limits}', 'gatehouse:{limits}:key:a'];
    const dumps = await Promise.all(keys.map((key) => admin.dumpBuffer(key)));
    await take(store);
    expect((await take(store)).windows[0]?.remaining).toBe(0);
    for (const [index, key] of keys.entries()) await admin.restore(key, 0, dumps[index] ?? '', 'REPLACE');
    expect(isUncertain(await take(store))).toBe(true);
    expect(isUncertain(await take(await connect()))).toBe(true);
  });

  it('takes an empty store for a new one, or for a lost one where it is told so', async () => {
    expect(isUncertain(await take(await connect('new')))).toBe(false);
    await admin.flushall();
    expect(isUncertain(await take(await connect('lost')))).toBe(true);
  });

  it('charges nothing ahead of which it is not certain, and takes nothing back that it has forgotten [INV-10]', async () => {
    const store = await connect();
    const subjects = [{ subject: 'key:a', limits: [{ ...day, quota: 100 }] }];
    const left = async () => (await store.takeAll([{ cost: 0, subjects }]))[0]?.windows[0]?.remaining;
    const [before, after] = ['a'.repeat(32), 'b'.repeat(32)];
    expect((await store.allotAll([{ id: before, units: 60, subjects }]))[0]?.kind).toBe('allotted');
    await admin.flushall();
    expect(await store.allotAll([{ id: after, units: 60, subjects }])).toEqual([{ kind: 'none' }]);
    await store.takeAll([{ cost: 50, subjects }]);
    for (const id of [before, after]) await store.giveBackAll([{ id, units: 60, subjects }]);
    expect(await left()).toBe(50);
    clock.advanceSeconds(DAY_SECONDS);
    expect((await store.allotAll([{ id: after, units: 60, subjects }]))[0]?.kind).toBe('allotted');
  });

  it('refuses what is used up even by what it knows', async () => {
    const store = await connect();
    await take(store);
    await admin.flushall();
    for (let index = 0; index < 5; index++) expect(isUncertain(await take(store))).toBe(true);
    expect((await take(store)).kind).toBe('refused');
  });
});

describe('when Redis restarts', () => {
  const silent = { info: () => undefined, warn: () => undefined };
  const query = (subject: string) => [{ cost: 1, subjects: [{ subject, limits: [day] }] }];

  it.each([
    ['is stopped', 'everysec', 'SIGTERM'],
    ['is killed', 'always', 'SIGKILL'],
  ] as const)(
    'a server that %s goes on where it was, if it writes its log (%s)',
    async (_title, fsync, signal) => {
      const folder = await mkdtemp(join(tmpdir(), 'gatehouse-redis-'));
      const args = ['--appendonly', 'yes', '--appendfsync', fsync, '--dir', folder];
      const subject = `key:${randomUUID()}`;
      let server = await startRedisServer({ args });
      const port = Number(new URL(server.url).port);
      const store = await connectRedisLimitStore({ url: server.url, logger: silent, commandTimeoutMs: 10_000 });
      for (let index = 0; index < 5; index++) expect((await store.takeAll(query(subject)))[0]?.kind).toBe('allowed');
      await server.child.stop(signal, 5_000);
      server = await startRedisServer({ port, args });
      let outcome: LimitOutcome | undefined;
      const untilMs = performance.now() + 15_000;
      while (outcome === undefined && performance.now() < untilMs) {
        outcome = await store.takeAll(query(subject)).then(
          ([first]) => first,
          () => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 20)),
        );
      }
      expect(outcome?.kind).toBe('refused');
      const [other] = await store.takeAll(query(`key:${randomUUID()}`));
      expect(other).not.toHaveProperty('isUncertain');
      await store.close();
      await server.stop();
      await rm(folder, { recursive: true });
    },
    30_000,
  );
});

describe('a Redis that is a cluster', () => {
  it('holds all keys of a batch in one slot', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-redis-'));
    const server = await startRedisServer({ args: ['--cluster-enabled', 'yes', '--dir', folder] });
    const admin = new Redis(server.url);
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    const untilMs = performance.now() + 15_000;
    while (!String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok') && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const logger = { info: () => undefined, warn: () => undefined };
    const store = await connectRedisLimitStore({ url: server.url, logger, commandTimeoutMs: 10_000 });
    const queries = Array.from({ length: 20 }, (_, index) => ({
      cost: 1,
      subjects: [
        { subject: `key:{${index}}`, limits: [day] },
        { subject: `org:${index}`, limits: [day] },
      ],
    }));
    const outcomes = await store.takeAll(queries);
    expect(outcomes.map(({ kind }) => kind)).toEqual(queries.map(() => 'allowed'));
    admin.disconnect();
    await store.close();
    await server.stop();
    await rm(folder, { recursive: true });
  }, 30_000);
});
