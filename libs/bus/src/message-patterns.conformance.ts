import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  greet,
  hang,
  leak,
  linger,
  mislead,
  type ServiceUnderTest,
  startService,
  unserved,
} from './a-service.conformance.js';
import { type Bus, BusFault, BusUnavailable } from './bus.js';
import type { BusUnderTest } from './bus-under-test.conformance.js';
import { call } from './call.client.js';

/** What Nest's message patterns promise over a bus, run by every implementation. */
export function messagePatternsConformance(open: () => Promise<BusUnderTest>): void {
  describe('message patterns', () => {
    let under: BusUnderTest;
    let asker: Bus;
    let server: Bus;
    const services: ServiceUnderTest[] = [];
    const start = async (bus: Bus, name: string) => {
      const started = await startService(bus, name);
      services.push(started);
      return started;
    };

    beforeAll(async () => {
      under = await open();
      asker = await under.join('asker');
      server = await under.join('server');
    });
    afterEach(async () => {
      for (const { release } of services) release();
      await Promise.all(services.splice(0).map(({ app }) => app.close()));
    });
    afterAll(async () => {
      await asker.drain();
      await server.drain();
      await under.stop();
    });

    it('round-trip through Nest, defaults filled in by the contract', async () => {
      await start(server, 'one');
      const client = asker.clientProxy();
      expect(await call(client, greet, { name: 'ada' })).toEqual({ kind: 'greeted', text: 'hello ada', by: 'one' });
      expect(await call(client, greet, { name: '' })).toEqual({ kind: 'too_shy' });
      await client.close();
    });

    it('share the work between the replicas of a service', async () => {
      await start(server, 'one');
      await start(server, 'two');
      const client = asker.clientProxy();
      const answers = await Promise.all(Array.from({ length: 60 }, () => call(client, greet, { name: 'ada' })));
      const by = new Set(answers.map((one) => (one.kind === 'greeted' ? one.by : '')));
      expect(by).toEqual(new Set(['one', 'two']));
    });

    it.each([
      ['an unknown field', { name: 'ada', admin: true }],
      ['a wrong type', { name: 7 }],
      ['a prototype key', JSON.parse('{"name":"ada","__proto__":{"admin":true}}')],
      ['a deep value', { name: JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`) }],
      ['text in place of an object', 'ada'],
    ])('refuse %s as a fault [H-134]', async (_title, payload) => {
      const { greetings } = await start(server, 'one');
      const client = asker.clientProxy();
      await expect(call(client, greet, payload as never)).rejects.toBeInstanceOf(BusFault);
      expect(greetings).toHaveLength(0);
      expect((await call(client, greet, { name: 'ada' })).kind).toBe('greeted');
    });

    it('refuse what is larger than 1 MiB as a fault, and go on [H-134]', async () => {
      await start(server, 'one');
      const client = asker.clientProxy();
      await expect(call(client, greet, { name: 'x'.repeat(1024 * 1024) })).rejects.toBeInstanceOf(BusFault);
      expect((await call(client, greet, { name: 'ada' })).kind).toBe('greeted');
    });

    it('say nothing of what failed in the peer', async () => {
      await start(server, 'one');
      const fault = await call(asker.clientProxy(), leak, {}).catch((error) => error);
      expect(fault).toBeInstanceOf(BusFault);
      expect(`${fault.stack} ${JSON.stringify(fault)} ${fault.cause}`).not.toMatch(/canary-7f3a|SELECT/);
    });

    it('refuse an answer that is not what the contract says', async () => {
      await start(server, 'one');
      await expect(call(asker.clientProxy(), mislead, {})).rejects.toBeInstanceOf(BusFault);
    });

    it('are unavailable where nobody answers in time, and at once where nobody serves', async () => {
      await start(server, 'one');
      const client = asker.clientProxy();
      await expect(call(client, hang, {}, 50)).rejects.toBeInstanceOf(BusUnavailable);
      const startedMs = performance.now();
      await expect(call(client, unserved, {}, 10_000)).rejects.toBeInstanceOf(BusUnavailable);
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    });

    it('are answered before a service that stops is gone, without a fixed wait', async () => {
      const { app, release, arrived } = await start(server, 'one');
      services.length = 0;
      const client = asker.clientProxy();
      const taken = call(client, linger, {}, 5_000);
      await arrived;
      const startedMs = performance.now();
      const closed = app.close();
      release();
      expect(await taken).toEqual({ kind: 'done' });
      await closed;
      expect(performance.now() - startedMs).toBeLessThan(3_000);
      await expect(call(client, greet, { name: 'ada' })).rejects.toBeInstanceOf(BusUnavailable);
    });
  });
}
