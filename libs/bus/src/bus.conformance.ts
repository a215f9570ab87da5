import 'reflect-metadata';
import { contract } from '@gatehouse/contracts/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { z } from 'zod';
import { type Answering, type Bus, BusFault, BusUnavailable } from './bus.js';
import { call } from './call.client.js';
import { serve } from './serve.server.js';

/** What a bus under test offers: a member of the bus for each service that joins it. */
export interface BusUnderTest {
  join(name: string): Promise<Bus>;
  stop(): Promise<void>;
}

const aFewTurns = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const text = (payload: Uint8Array) => Buffer.from(payload).toString('utf8');
const bytes = (value: string) => Buffer.from(value, 'utf8');

const greet = contract(
  'gatehouse.v1.test.greet',
  z.strictObject({ name: z.string().max(20), times: z.number().int().default(1), at: z.iso.datetime().optional() }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('greeted'), text: z.string(), by: z.string() }),
    z.strictObject({ kind: z.literal('too_shy') }),
  ]),
);
const leak = contract('gatehouse.v1.test.leak', z.strictObject({}), z.strictObject({ kind: z.literal('never') }));
const mislead = contract('gatehouse.v1.test.mislead', z.strictObject({}), z.strictObject({ kind: z.literal('right') }));
const hang = contract('gatehouse.v1.test.hang', z.strictObject({}), z.strictObject({ kind: z.literal('never') }));
const unserved = contract('gatehouse.v1.test.unserved', z.strictObject({}), z.strictObject({}));
const linger = contract('gatehouse.v1.test.linger', z.strictObject({}), z.strictObject({ kind: z.literal('done') }));

/** What one service of a test has seen, and what holds its lingering answers back. */
interface Stage {
  readonly arrived: () => void;
  readonly released: Promise<void>;
  readonly greetings: unknown[];
}

/** A Nest service that answers under a name. */
function service(name: string, lingering: Stage) {
  @Controller()
  class TestController {
    @MessagePattern(greet.subject)
    greet(@Payload() payload: unknown) {
      return serve(greet, payload, async (input) => {
        lingering.greetings.push(input);
        if (input.name === '') return { kind: 'too_shy' as const };
        return { kind: 'greeted' as const, text: `hello ${input.name}`.repeat(input.times), by: name };
      });
    }

    @MessagePattern(leak.subject)
    leak(@Payload() payload: unknown) {
      return serve(leak, payload, async () => {
        throw new Error('SELECT secret_hash FROM keys: canary-7f3a');
      });
    }

    @MessagePattern(mislead.subject)
    mislead() {
      return { kind: 'wrong' };
    }

    @MessagePattern(hang.subject)
    hang() {
      return lingering.released;
    }

    @MessagePattern(linger.subject)
    linger(@Payload() payload: unknown) {
      return serve(linger, payload, async () => {
        lingering.arrived();
        await lingering.released;
        return { kind: 'done' as const };
      });
    }
  }
  @Module({ controllers: [TestController] })
  class TestModule {}
  return TestModule;
}

/** The contract of a bus, run by every implementation. */
export function busConformance(title: string, start: () => Promise<BusUnderTest>): void {
  describe(title, () => {
    let under: BusUnderTest;
    let asker: Bus;
    let server: Bus;
    const answering: Answering[] = [];
    const apps: INestMicroservice[] = [];
    const releases: (() => void)[] = [];

    const answer = async (bus: Bus, subject: string, queue: string, answerer: (payload: string) => Promise<string>) => {
      answering.push(await bus.answer(subject, queue, async (payload) => bytes(await answerer(text(payload)))));
    };
    const startService = async (bus: Bus, name: string) => {
      let release = () => {};
      let arrive = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      const arrived = new Promise<void>((resolve) => {
        arrive = resolve;
      });
      const greetings: unknown[] = [];
      const app = await NestFactory.createMicroservice(service(name, { arrived: arrive, released, greetings }), {
        strategy: bus.serverStrategy('test'),
        logger: false,
      });
      await app.listen();
      apps.push(app);
      releases.push(release);
      return { app, release, arrived, greetings };
    };

    beforeAll(async () => {
      under = await start();
      asker = await under.join('asker');
      server = await under.join('server');
    });
    afterEach(async () => {
      for (const release of releases.splice(0)) release();
      await Promise.all(answering.splice(0).map((one) => one.stop()));
      await Promise.all(apps.splice(0).map((app) => app.close()));
    });
    afterAll(async () => {
      await asker.drain();
      await server.drain();
      await under.stop();
    });

    it('brings each request its own answer, bytes unchanged', async () => {
      answering.push(await server.answer('test.echo', 'q', async (payload) => payload));
      const payloads = Array.from({ length: 200 }, (_, index) => Buffer.from([index, 0, 255, 10, 13, index]));
      const answers = await Promise.all(payloads.map((payload) => asker.request('test.echo', payload, 2_000)));
      expect(answers.map((one) => Buffer.from(one))).toEqual(payloads);
    });

    it('carries empty payloads and empty answers', async () => {
      answering.push(await server.answer('test.empty', 'q', async (payload) => payload));
      expect((await asker.request('test.empty', new Uint8Array(0), 2_000)).length).toBe(0);
    });

    it('gives each message to one member of a queue, and to every member some', async () => {
      const taken = [0, 0, 0];
      for (const index of taken.keys()) {
        await answer(server, 'test.queue', 'q', async () => {
          taken[index] = (taken[index] ?? 0) + 1;
          return String(index);
        });
      }
      await Promise.all(Array.from({ length: 300 }, () => asker.request('test.queue', bytes('x'), 2_000)));
      expect(taken.reduce((sum, count) => sum + count, 0)).toBe(300);
      expect(Math.min(...taken)).toBeGreaterThan(0);
    });

    it('refuses with BusUnavailable at once where nobody answers the subject', async () => {
      const startedMs = performance.now();
      await expect(asker.request('test.nobody', bytes('x'), 10_000)).rejects.toBeInstanceOf(BusUnavailable);
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    });

    it('refuses with BusUnavailable when the deadline passes, and drops the late answer', async () => {
      let release = (_late: string) => {};
      const late = new Promise<string>((resolve) => {
        release = resolve;
      });
      await answer(server, 'test.slow', 'q', () => late);
      await expect(asker.request('test.slow', bytes('x'), 30)).rejects.toBeInstanceOf(BusUnavailable);
      release('late');
      await answer(server, 'test.quick', 'q', async () => 'quick');
      expect(text(await asker.request('test.quick', bytes('x'), 2_000))).toBe('quick');
    });

    it('reports a fault of the answerer without a word of its detail, and goes on answering', async () => {
      await answer(server, 'test.fault', 'q', async (payload) => {
        if (payload === 'bad') throw new Error('canary-7f3a');
        return 'good';
      });
      const fault = await asker.request('test.fault', bytes('bad'), 2_000).catch((error) => error);
      expect(fault).toBeInstanceOf(BusFault);
      expect(String(fault.stack)).not.toContain('canary-7f3a');
      expect(text(await asker.request('test.fault', bytes('x'), 2_000))).toBe('good');
    });

    it('refuses a payload and an answer beyond 1 MiB as a fault, and goes on [H-134]', async () => {
      const tooLarge = Buffer.alloc(1024 * 1024 + 1);
      answering.push(
        await server.answer('test.large', 'q', async (payload) => (text(payload) === 'grow' ? tooLarge : payload)),
      );
      await expect(asker.request('test.large', tooLarge, 2_000)).rejects.toBeInstanceOf(BusFault);
      await expect(asker.request('test.large', bytes('grow'), 2_000)).rejects.toBeInstanceOf(BusFault);
      const largest = Buffer.alloc(1024 * 1024, 7);
      expect(Buffer.from(await asker.request('test.large', largest, 5_000)).equals(largest)).toBe(true);
      const client = asker.clientProxy();
      await startService(server, 'one');
      const huge = { name: 'x'.repeat(1024 * 1024) };
      await expect(call(client, greet, huge)).rejects.toBeInstanceOf(BusFault);
      expect((await call(client, greet, { name: 'ada' })).kind).toBe('greeted');
    });

    it('finishes what was taken when an answerer stops, and takes no more', async () => {
      let release = () => {};
      let arrive = () => {};
      const arrived = new Promise<void>((resolve) => {
        arrive = resolve;
      });
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      const stopping = await server.answer('test.stop', 'q', async (payload) => {
        arrive();
        await released;
        return payload;
      });
      const taken = asker.request('test.stop', bytes('taken'), 5_000);
      await arrived;
      let hasStopped = false;
      const stopped = stopping.stop().then(() => {
        hasStopped = true;
      });
      await aFewTurns();
      expect(hasStopped).toBe(false);
      release();
      expect(text(await taken)).toBe('taken');
      await stopped;
      await expect(asker.request('test.stop', bytes('x'), 5_000)).rejects.toBeInstanceOf(BusUnavailable);
    });

    it('answers what it has when it drains, then refuses', async () => {
      const own = await start();
      const asking = await own.join('asker');
      const draining = await own.join('server');
      let arrive = () => {};
      let release = () => {};
      const arrived = new Promise<void>((resolve) => {
        arrive = resolve;
      });
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      await draining.answer('test.drain', 'q', async (payload) => {
        arrive();
        await released;
        return payload;
      });
      const taken = asking.request('test.drain', bytes('taken'), 5_000);
      await arrived;
      let hasDrained = false;
      const drained = draining.drain().then(() => {
        hasDrained = true;
      });
      await aFewTurns();
      expect(hasDrained).toBe(false);
      release();
      expect(text(await taken)).toBe('taken');
      await drained;
      expect(draining.isConnected()).toBe(false);
      await expect(draining.request('test.drain', bytes('x'), 1_000)).rejects.toBeInstanceOf(BusUnavailable);
      await expect(asking.request('test.drain', bytes('x'), 1_000)).rejects.toBeInstanceOf(BusUnavailable);
      await asking.drain();
      await own.stop();
    });

    describe('message patterns', () => {
      it('round-trip through Nest, defaults filled in by the contract', async () => {
        await startService(server, 'one');
        const client = asker.clientProxy();
        expect(await call(client, greet, { name: 'ada' })).toEqual({ kind: 'greeted', text: 'hello ada', by: 'one' });
        expect(await call(client, greet, { name: '' })).toEqual({ kind: 'too_shy' });
        await client.close();
      });

      it('share the work between the replicas of a service', async () => {
        await startService(server, 'one');
        await startService(server, 'two');
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
        const { greetings } = await startService(server, 'one');
        const client = asker.clientProxy();
        await expect(call(client, greet, payload as never)).rejects.toBeInstanceOf(BusFault);
        expect(greetings).toHaveLength(0);
        expect((await call(client, greet, { name: 'ada' })).kind).toBe('greeted');
      });

      it('say nothing of what failed in the peer', async () => {
        await startService(server, 'one');
        const fault = await call(asker.clientProxy(), leak, {}).catch((error) => error);
        expect(fault).toBeInstanceOf(BusFault);
        expect(`${fault.stack} ${JSON.stringify(fault)} ${fault.cause}`).not.toMatch(/canary-7f3a|SELECT/);
      });

      it('refuse an answer that is not what the contract says', async () => {
        await startService(server, 'one');
        await expect(call(asker.clientProxy(), mislead, {})).rejects.toBeInstanceOf(BusFault);
      });

      it('are unavailable where nobody answers in time, and at once where nobody serves', async () => {
        await startService(server, 'one');
        const client = asker.clientProxy();
        await expect(call(client, hang, {}, 50)).rejects.toBeInstanceOf(BusUnavailable);
        const startedMs = performance.now();
        await expect(call(client, unserved, {}, 10_000)).rejects.toBeInstanceOf(BusUnavailable);
        expect(performance.now() - startedMs).toBeLessThan(2_000);
      });

      it('are answered before a service that stops is gone, without a fixed wait', async () => {
        const { app, release, arrived } = await startService(server, 'one');
        apps.splice(apps.indexOf(app), 1);
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
  });
}
