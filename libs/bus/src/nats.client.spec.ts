import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { batchPerTurn } from './batch-per-turn.js';
import { busConformance } from './bus.conformance.js';
import { type Bus, type BusLogger, BusUnavailable } from './bus.js';
import { connectNats } from './nats.client.js';

const silent: BusLogger = { info: () => {}, warn: () => {}, error: () => {} };

busConformance('the bus over NATS', async () => {
  const nats = await startTestNats();
  return { join: (name) => connectNats({ url: nats.url, name, logger: silent }), stop: () => nats.stop() };
});

describe('a bus over NATS', () => {
  let nats: TestNats;
  let asker: Bus;
  let server: Bus;
  beforeAll(async () => {
    nats = await startTestNats();
    asker = await connectNats({ url: nats.url, name: 'asker', logger: silent });
    server = await connectNats({ url: nats.url, name: 'server', logger: silent });
  });
  afterAll(async () => {
    await asker.drain();
    await server.drain();
    await nats.stop();
  });

  it('carries k items of one turn as one message', async () => {
    const messages: number[] = [];
    await server.answer('test.count', 'q', async (payload) => {
      messages.push(payload.length);
      return payload;
    });
    const ask = batchPerTurn<number, number>({
      send: async (items) => [...(await asker.request('test.count', Uint8Array.from(items), 2_000))],
      maxItemsPerBatch: 1_000,
      maxBatchesInFlight: 4,
      maxItemsWaiting: 1_000,
      schedule: setImmediate,
    });
    const items = Array.from({ length: 200 }, (_, index) => index);
    expect(await Promise.all(items.map(ask))).toEqual(items);
    expect(messages).toEqual([200]);
  });

  it('does not publish its answer anywhere else than into an inbox [H-131]', async () => {
    let asked = 0;
    await server.answer('test.hijack', 'q', async (payload) => {
      asked++;
      return payload;
    });
    const attacker = await connect({ servers: nats.url });
    const stolen: string[] = [];
    attacker.subscribe('test.victim', { callback: (_error, message) => void stolen.push(message.string()) });
    attacker.publish('test.hijack', 'poison', { reply: 'test.victim' });
    await attacker.flush();
    await asker.request('test.hijack', Buffer.from('x'), 2_000);
    await attacker.flush();
    expect(stolen).toEqual([]);
    expect(asked).toBe(1);
    await attacker.close();
  });

  it('fails fast while NATS is down and works again after, without a restart of the service', async () => {
    const sayings: string[] = [];
    const logger = { ...silent, warn: (_fields: object, message: string) => sayings.push(message) };
    const [gateway, keys] = await Promise.all([
      connectNats({ url: nats.url, name: 'gateway', logger }),
      connectNats({ url: nats.url, name: 'keys', logger: silent }),
    ]);
    await keys.answer('test.restart', 'q', async (payload) => payload);
    let arrive = () => {};
    let release = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await keys.answer('test.lost', 'q', async (payload) => {
      arrive();
      await released;
      return payload;
    });
    const inFlight = gateway.request('test.lost', Buffer.from('x'), 60_000).catch((error) => error);
    await arrived;

    await nats.kill();
    expect(await inFlight).toBeInstanceOf(BusUnavailable);
    release();
    expect(gateway.isConnected()).toBe(false);
    const startedMs = performance.now();
    for (let index = 0; index < 100; index++) {
      await expect(gateway.request('test.restart', Buffer.from('x'), 5_000)).rejects.toBeInstanceOf(BusUnavailable);
    }
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(sayings).toContain('the connection to NATS was lost');

    await nats.restart();
    await until(() => gateway.isConnected() && keys.isConnected());
    await until(async () => (await gateway.request('test.restart', Buffer.from('ok'), 1_000)).length === 2);
    await Promise.all([gateway.drain(), keys.drain()]);
  });

  it('can be closed while NATS is down', async () => {
    const bus = await connectNats({ url: nats.url, name: 'closing', logger: silent });
    await bus.answer('test.closing', 'q', async (payload) => payload);
    await nats.kill();
    await until(() => !bus.isConnected());
    await bus.drain();
    await nats.restart();
    await until(() => asker.isConnected() && server.isConnected());
  });

  it('refuses to start without NATS, naming variable, place and reason, never the credentials', async () => {
    const refused = await connectNats({
      url: 'nats://gatehouse:canary-7f3a@127.0.0.1:1',
      name: 'keys',
      logger: silent,
    }).catch((error) => error);
    expect(refused.message).toBe('NATS_URL: cannot connect to 127.0.0.1:1: connection refused');
    expect(refused.stack).not.toContain('canary-7f3a');
  });

  it.each(['', 'Keys', 'keys.>', 'a b'])('refuses %p as the name of a service', async (name) => {
    await expect(connectNats({ url: nats.url, name, logger: silent })).rejects.toThrow('the name of a service');
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 15_000;
  for (;;) {
    const holds = await Promise.resolve()
      .then(condition)
      .catch(() => false);
    if (holds) return;
    if (performance.now() > deadlineMs) throw new Error('the condition was not met in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
