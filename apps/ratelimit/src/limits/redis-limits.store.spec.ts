import { randomUUID } from 'node:crypto';
import { type RedisServer, startRedisServer } from '@gatehouse/launch/redis-server.client';
import { KNOWN_FOR_MS } from '@gatehouse/limit-domain/issued-allotments';
import type { Limit } from '@gatehouse/limit-domain/limit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'iovalkey';
import { allotmentsConformance } from './allotments.conformance.js';
import { gatherScripts } from './gather-scripts.js';
import { limitAlgorithmsConformance } from './limit-algorithms.conformance.js';
import { limitStoreConformance, type OpenStores } from './limit-store.conformance.js';
import type { LimitStore } from './limit-store.js';
import { connectRedisLimitStore } from './redis-limits.store.js';

const silent = { info: () => {}, warn: () => {} };
/** Hundreds of charges at once are judged by their count here, on however slow a machine. */
const patient = { logger: silent, commandTimeoutMs: 10_000 };

describe('over one Redis', () => {
  let server: RedisServer;
  let admin: Redis;
  beforeAll(async () => {
    server = await startRedisServer();
    admin = new Redis(server.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  const open: OpenStores = async (nowMs) => [
    await connectRedisLimitStore({ url: server.url, ...patient, nowMs }),
    await connectRedisLimitStore({ url: server.url, ...patient, nowMs }),
  ];
  limitStoreConformance('limits in Redis', open);
  limitAlgorithmsConformance('algorithms in Redis', open);
  limitStoreConformance('limits in Redis, scripts gathered', async (nowMs) => {
    const [one, two] = await open(nowMs);
    return [gatherScripts(one), gatherScripts(two)];
  });
  allotmentsConformance('units ahead in Redis', open);

  const day = () => [
    { cost: 1, subjects: [{ subject: randomUUID(), limits: [{ windowSeconds: 86_400, quota: 100 }] }] },
  ];

  it('counts by the clock of Redis, so that replicas whose clocks differ agree', async () => {
    const store = await connectRedisLimitStore({ url: server.url, ...patient });
    const query = day();
    const outcomes = (await Promise.all(Array.from({ length: 640 }, () => store.takeAll(query)))).flat();
    expect(outcomes.filter((outcome) => outcome.kind === 'allowed')).toHaveLength(100);
    const [seconds] = await admin.time();
    const resetAtSeconds = outcomes[0]?.windows[0]?.resetAtSeconds ?? 0;
    expect(resetAtSeconds % 86_400).toBe(0);
    expect(resetAtSeconds - Number(seconds)).toBeLessThanOrEqual(86_400);
    await store.close();
  });

  it('never over-admits to 4 clients of 2 limiters, by the clock of Redis, with all algorithms [INV-10] [H-117]', async () => {
    const stores = [await connectRedisLimitStore({ url: server.url, ...patient })];
    stores.push(await connectRedisLimitStore({ url: server.url, ...patient }));
    const limits: Limit[] = [
      { windowSeconds: 1, quota: 40 },
      { windowSeconds: 1, quota: 40, algorithm: 'sliding-window' },
      { windowSeconds: 1, quota: 30, algorithm: 'token-bucket', burst: 10 },
    ];
    const through = limits.map((): { sentMs: number; gotMs: number }[] => []);
    const startedMs = performance.now();
    const client = async (index: number) => {
      // Until it has been a race for a quota that was used up, on however slow a machine.
      const isOver = () => performance.now() - startedMs > 2_500 && through.every((all) => all.length > 40);
      while (!isOver() && performance.now() - startedMs < 60_000) {
        await Promise.all(
          limits.map(async (limit, which) => {
            const sentMs = performance.now();
            const subjects = [{ subject: `${which}-${startedMs}`, limits: [limit] }];
            const [outcome] = (await stores[index % 2]?.takeAll([{ cost: 1, subjects }])) ?? [];
            if (outcome?.kind === 'allowed') through[which]?.push({ sentMs, gotMs: performance.now() });
          }),
        );
      }
    };
    await Promise.all([0, 1, 2, 3].map(client));
    const [fixed, sliding, bucket] = through.map((all) => all.sort((one, other) => one.sentMs - other.sentMs));
    /** So many were sent and answered within an interval that begins with this one. */
    const within = (all: typeof fixed, fromMs: number, lengthMs: number) =>
      (all ?? []).filter(({ sentMs, gotMs }) => sentMs >= fromMs && gotMs <= fromMs + lengthMs).length;
    for (const { sentMs } of sliding ?? []) expect(within(sliding, sentMs, 999)).toBeLessThanOrEqual(40);
    for (const { sentMs } of fixed ?? []) expect(within(fixed, sentMs, 999)).toBeLessThanOrEqual(80);
    for (const { sentMs } of bucket ?? []) {
      for (const lengthMs of [100, 500, 1_000]) {
        expect(within(bucket, sentMs, lengthMs)).toBeLessThanOrEqual(10 + Math.ceil((30 * lengthMs) / 1_000));
      }
    }
    for (const all of through) expect(all.length).toBeGreaterThan(40);
    for (const store of stores) await store.close();
  }, 90_000);

  it('leaves no key that does not expire, nor one that ends before its window', async () => {
    const subject = randomUUID();
    const store = await connectRedisLimitStore({ url: server.url, ...patient, nowMs: () => 86_400_000 * 20_000 });
    const take = (...windows: number[]) => {
      const limits = windows.map((windowSeconds) => ({ windowSeconds, quota: 5 }));
      return store.takeAll([{ cost: 1, subjects: [{ subject, limits }] }]);
    };
    await take(60, 1);
    await take(1);
    const [key] = await admin.keys(`*${subject}*`);
    const ttlMs = await admin.pttl(key ?? '');
    expect(ttlMs).toBeGreaterThan(60_000);
    expect(ttlMs).toBeLessThanOrEqual(65_000);
    await store.close();
  });

  it('knows an allotment for a few seconds, and then no more', async () => {
    const id = 'a'.repeat(32);
    const store = await connectRedisLimitStore({ url: server.url, ...patient });
    const subjects = [{ subject: randomUUID(), limits: [{ windowSeconds: 60, quota: 50 }] }];
    await store.allotAll([{ id, units: 5, subjects }]);
    const [key] = await admin.keys(`*${id}*`);
    expect(await admin.pttl(key ?? '')).toBeGreaterThan(0);
    expect(await admin.pttl(key ?? '')).toBeLessThanOrEqual(KNOWN_FOR_MS);
    await store.giveBackAll([{ id, units: 5, subjects }]);
    expect(await admin.keys(`*${id}*`)).toEqual([]);
    await store.close();
  });

  it('writes nothing for a subject that was refused', async () => {
    const subject = randomUUID();
    const store = await connectRedisLimitStore({ url: server.url, ...patient });
    await store.takeAll([{ cost: 9, subjects: [{ subject, limits: [{ windowSeconds: 60, quota: 5 }] }] }]);
    expect(await admin.keys(`*${subject}*`)).toEqual([]);
    await store.close();
  });

  it('brings the script again where the server has lost it', async () => {
    const store = await connectRedisLimitStore({ url: server.url, ...patient });
    await store.takeAll(day());
    await admin.script('FLUSH');
    expect((await store.takeAll(day()))[0]?.kind).toBe('allowed');
    await store.close();
  });

  it('takes one round trip for a whole batch', async () => {
    const store = await connectRedisLimitStore({ url: server.url, ...patient });
    await store.takeAll(day());
    const commands = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1]);
    const before = await commands();
    await store.takeAll(Array.from({ length: 200 }, () => day()).flat());
    expect((await commands()) - before).toBe(1);
    await store.close();
  });
});

describe('without Redis', () => {
  const query = [{ cost: 1, subjects: [{ subject: 'key:a', limits: [{ windowSeconds: 86_400, quota: 5 }] }] }];

  it.each([
    ['is killed', (server: RedisServer) => server.child.stop('SIGKILL', 5_000)],
    ['stands still', async (server: RedisServer) => server.child.signal('SIGSTOP')],
  ])(
    'the store fails within its deadline when the server %s, never allows, and comes back [F-20] [F-23]',
    async (_title, hurt) => {
      let server = await startRedisServer();
      const { port } = new URL(server.url);
      const store: LimitStore = await connectRedisLimitStore({ url: server.url, logger: silent });
      expect((await store.takeAll(query))[0]?.kind).toBe('allowed');
      await hurt(server);
      for (let attempt = 0; attempt < 5; attempt++) {
        const startedMs = performance.now();
        await expect(store.takeAll(query)).rejects.toThrow();
        expect(performance.now() - startedMs).toBeLessThan(1_000);
      }
      expect(await store.isReady()).toBe(false);
      await server.child.stop('SIGKILL', 5_000);
      server = await startRedisServer({ port: Number(port) });
      const deadlineMs = performance.now() + 10_000;
      let answered: string | undefined;
      while (answered === undefined && performance.now() < deadlineMs) {
        answered = await store.takeAll(query).then(
          ([outcome]) => outcome?.kind,
          () => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 20)),
        );
      }
      expect(answered).toBe('allowed');
      expect(await store.isReady()).toBe(true);
      await store.close();
      await server.stop();
    },
  );

  it('fails as a whole where the script cannot run, and allows nothing', async () => {
    const server = await startRedisServer();
    const store = await connectRedisLimitStore({ url: server.url, logger: silent });
    const admin = new Redis(server.url);
    await admin.set('gatehouse:{limits}:key:a', 'not a counter');
    await expect(store.takeAll(query)).rejects.toThrow('WRONGTYPE');
    admin.disconnect();
    await store.close();
    await server.stop();
  });

  it('does not start, and says which variable, where and why, never the password', async () => {
    const refused = await connectRedisLimitStore({
      url: 'redis://gatehouse:canary-7f3a@127.0.0.1:1/0',
      logger: silent,
    }).catch((error) => error);
    expect(refused.message).toMatch(/^REDIS_URL: cannot connect to 127\.0\.0\.1:1: .*ECONNREFUSED/);
    expect(refused.stack).not.toContain('canary-7f3a');
  });
});
