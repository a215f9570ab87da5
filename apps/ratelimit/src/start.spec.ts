import { batchPerTurn } from '@gatehouse/bus/batch-per-turn';
import { type Bus, BusFault, BusUnavailable } from '@gatehouse/bus/bus';
import { inProcessBus } from '@gatehouse/bus/in-process.client';
import { connectNats } from '@gatehouse/bus/nats.client';
import { decodeAllotReplies, encodeAllotments } from '@gatehouse/contracts/allotment-records';
import { ALLOT_SUBJECT, GIVE_BACK_SUBJECT, TAKE_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import {
  decodeTakeReplies,
  encodeSubjects,
  encodeTakeQueries,
  type TakeReply,
} from '@gatehouse/contracts/limit-records';
import type { SubjectLimits } from '@gatehouse/limit-domain/limit';
import { createLogger } from '@gatehouse/observability/logger';
import type { RunningService } from '@gatehouse/observability/running-service';
import { DEADLINE_FACTOR } from '@gatehouse/testing/deadline-factor';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { startTestRedis } from '@gatehouse/testing/redis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ratelimitConfig } from './config.js';
import { startRatelimit } from './start.js';

const logger = createLogger('ratelimit', 'silent');
type Server = Awaited<ReturnType<typeof startTestRedis>>;

/** Has units charged ahead, or gives them back, as a gateway does. */
async function allot(bus: Bus, count: number, units: number, subjects: readonly SubjectLimits[]) {
  const id = String(count).padStart(32, '0');
  const record = encodeAllotments([{ id, units, subjects: encodeSubjects(subjects) }]);
  const [reply] = decodeAllotReplies(await bus.request(ALLOT_SUBJECT, record, 5_000), [subjects]);
  const giveBack = (unused: number) =>
    bus.request(
      GIVE_BACK_SUBJECT,
      encodeAllotments([{ id, units: unused, subjects: encodeSubjects(subjects) }]),
      5_000,
    );
  return { reply, giveBack };
}

/** Asks as a gateway does: all queries of one turn in one message. */
function asker(bus: Bus, deadlineMs = 5_000) {
  return batchPerTurn<readonly SubjectLimits[], TakeReply>({
    send: async (items) => {
      const queries = items.map((subjects) => ({ cost: 1, subjects: encodeSubjects(subjects) }));
      return decodeTakeReplies(await bus.request(TAKE_SUBJECT, encodeTakeQueries(queries), deadlineMs), items);
    },
    maxItemsPerBatch: 256,
    maxBatchesInFlight: 8,
    maxItemsWaiting: 10_000,
    schedule: setImmediate,
  });
}

const limited = (subject: string, quota: number) => [{ subject, limits: [{ windowSeconds: 86_400, quota }] }];

async function decisionsOf(service: RunningService, outcome: string): Promise<number> {
  const metrics = await service.metrics.metrics();
  const line = new RegExp(`gatehouse_limit_decisions_total\\{outcome="${outcome}"[^}]*\\} (\\d+)`).exec(metrics);
  return Number(line?.[1] ?? 0);
}

describe('ratelimit over NATS and Redis', () => {
  let nats: TestNats;
  let redis: Server;
  let gateways: Bus[];
  let replicas: { bus: Bus; service: RunningService }[];
  const join = (name: string) => connectNats({ url: nats.url, name, logger });
  beforeAll(async () => {
    nats = await startTestNats();
    redis = await startTestRedis();
    gateways = [await join('gateway'), await join('gateway')];
    replicas = [];
    for (let index = 0; index < 2; index++) {
      const bus = await join('ratelimit');
      const config = ratelimitConfig({ REDIS_URL: redis.url, DEADLINE_FACTOR });
      replicas.push({ bus, service: await startRatelimit({ config, bus, logger }) });
    }
  });
  afterAll(async () => {
    for (const { bus, service } of replicas) {
      await service.stop();
      await bus.drain();
    }
    for (const gateway of gateways) await gateway.drain();
    await redis.stop();
    await nats.stop();
  });

  it('lets exactly 100 of 64 clients’ requests through a limit of 100, over two gateways and two replicas', async () => {
    const asks = gateways.map((bus) => asker(bus));
    let allowed = 0;
    let refused = 0;
    const client = async (index: number) => {
      for (let request = 0; request < 20; request++) {
        const reply = await asks[index % asks.length]?.(limited('key:race', 100));
        if (reply?.kind === 'allowed') allowed++;
        if (reply?.kind === 'refused') refused++;
      }
    };
    await Promise.all(Array.from({ length: 64 }, (_, index) => client(index)));
    expect({ allowed, refused }).toEqual({ allowed: 100, refused: 64 * 20 - 100 });
    const perReplica = await Promise.all(replicas.map(({ service }) => decisionsOf(service, 'refused')));
    expect(Math.min(...perReplica)).toBeGreaterThan(0);
  });

  it('answers what it cannot read with a fault, and goes on [H-134]', async () => {
    const [gateway] = gateways as [Bus];
    const zeroWindow = [
      { cost: 1, subjects: encodeSubjects([{ subject: 'a', limits: [{ windowSeconds: 0, quota: 1 }] }]) },
    ];
    const noBucket = [{ windowSeconds: 86_400, quota: 4_000_000_000, algorithm: 'token-bucket' as const }];
    const poison = [
      encodeTakeQueries([{ cost: 1, subjects: encodeSubjects([{ subject: 'a', limits: noBucket }]) }]),
      Buffer.alloc(0),
      Buffer.from('{"cost":1}'),
      Buffer.from([9, 1, 0]),
      Buffer.from([1, 255, 255, 0, 0]),
      Buffer.alloc(1024 * 1024, 1),
      encodeTakeQueries(zeroWindow),
    ];
    for (const payload of poison) {
      await expect(gateway.request(TAKE_SUBJECT, payload, 5_000)).rejects.toBeInstanceOf(BusFault);
    }
    expect((await asker(gateway)(limited('key:after-poison', 1))).kind).toBe('allowed');
  });

  it('charges units ahead and takes back what was not used, whichever replica is asked', async () => {
    const [gateway] = gateways as [Bus];
    const subjects = limited('key:ahead', 100);
    const allotments = await Promise.all(Array.from({ length: 24 }, (_, count) => allot(gateway, count, 7, subjects)));
    const got = allotments.filter(({ reply }) => reply?.kind === 'allotted');
    expect(got).toHaveLength(14);
    await Promise.all(got.map(({ giveBack }) => giveBack(5)));
    expect(await asker(gateway)(subjects)).toMatchObject({ windows: [{ remaining: 100 - 14 * 2 - 1 }] });
  });

  it('charges nothing ahead but fixed windows [H-134]', async () => {
    const [gateway] = gateways as [Bus];
    const limit = { windowSeconds: 60, quota: 100 };
    for (const other of [{ algorithm: 'sliding-window' }, { shadow: true }, { windowSeconds: 0 }] as const) {
      const subjects = [{ subject: 'key:other', limits: [{ ...limit, ...other }] }];
      await expect(allot(gateway, 1_000, 7, subjects)).rejects.toBeInstanceOf(BusFault);
    }
    await expect(gateway.request(GIVE_BACK_SUBJECT, Buffer.from('{}'), 5_000)).rejects.toBeInstanceOf(BusFault);
  });

  it('refuses to start a replica that counts in memory beside them', async () => {
    const bus = await join('ratelimit');
    await expect(startRatelimit({ config: ratelimitConfig({}), bus, logger })).rejects.toThrow('set REDIS_URL');
    await bus.drain();
  });

  it('loses no request when a replica stops under load', async () => {
    const [gateway] = gateways as [Bus];
    const ask = asker(gateway);
    const bus = await join('ratelimit');
    const third = await startRatelimit({ config: ratelimitConfig({ REDIS_URL: redis.url }), bus, logger });
    let running = true;
    let answered = 0;
    const load = Promise.all(
      Array.from({ length: 16 }, async () => {
        while (running) {
          expect((await ask(limited('key:rolling', 1_000_000))).kind).toBe('allowed');
          answered++;
        }
      }),
    );
    while ((await decisionsOf(third, 'allowed')) < 50) await new Promise((resolve) => setTimeout(resolve, 5));
    await third.stop();
    await bus.drain();
    const answeredBefore = answered;
    while (answered < answeredBefore + 200) await new Promise((resolve) => setTimeout(resolve, 5));
    running = false;
    await load;
  });

  it('answers `unavailable` while Redis is down, is not ready, and never allows [F-20]', async () => {
    const own = await startTestRedis();
    const bus = inProcessBus();
    const service = await startRatelimit({ config: ratelimitConfig({ REDIS_URL: own.url }), bus, logger });
    const ask = asker(bus);
    expect((await ask(limited('key:down', 5))).kind).toBe('allowed');
    expect(await service.notReady()).toEqual([]);
    await own.stop();
    expect((await allot(bus, 1, 2, limited('key:down', 5))).reply).toEqual({ kind: 'none' });
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask(limited('key:down', 5))));
    expect(new Set(replies.map((reply) => reply.kind))).toEqual(new Set(['unavailable']));
    expect(await service.notReady()).toEqual(['redis']);
    expect(await decisionsOf(service, 'unavailable')).toBe(20);
    await service.stop();
    await bus.drain();
  });
});

describe('ratelimit in memory', () => {
  it('runs on the in-process bus, by the clock given to it', async () => {
    const bus = inProcessBus();
    let nowMs = Date.UTC(2026, 0, 15);
    const service = await startRatelimit({ config: ratelimitConfig({}), bus, logger, nowMs: () => nowMs });
    const ask = asker(bus);
    const minute = [{ subject: 'key:a', limits: [{ windowSeconds: 60, quota: 1 }] }];
    expect((await ask(minute)).kind).toBe('allowed');
    expect(await ask(minute)).toMatchObject({ kind: 'refused', retryAfterSeconds: 60 });
    nowMs += 60_000;
    expect((await ask(minute)).kind).toBe('allowed');
    const endless = [{ subject: 'key:a', limits: [{ windowSeconds: 0, quota: 1 }] }];
    await expect(ask(endless)).rejects.toBeInstanceOf(BusFault);
    await service.stop();
    await expect(ask(minute)).rejects.toBeInstanceOf(BusUnavailable);
    await bus.drain();
  });

  it('refuses to be the second replica, also when both start at once', async () => {
    const nats = await startTestNats();
    const buses = [await connectNats({ url: nats.url, name: 'ratelimit', logger })];
    buses.push(await connectNats({ url: nats.url, name: 'ratelimit', logger }));
    const start = (bus: Bus) => startRatelimit({ config: ratelimitConfig({}), bus, logger });
    const atOnce = await Promise.allSettled(buses.map(start));
    const running = atOnce.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(running.length).toBeLessThanOrEqual(1);
    for (const service of running) await service.stop();

    const [first, second] = buses as [Bus, Bus];
    const alone = await start(first);
    await expect(start(second)).rejects.toThrow('set REDIS_URL');
    await alone.stop();
    const successor = await start(second);
    await successor.stop();
    for (const bus of buses) await bus.drain();
    await nats.stop();
  });
});
