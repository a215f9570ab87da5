import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answering, type Bus, BusFault, BusUnavailable } from './bus.js';
import type { BusUnderTest } from './bus-under-test.conformance.js';
import { messagePatternsConformance } from './message-patterns.conformance.js';

const aFewTurns = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const text = (payload: Uint8Array) => Buffer.from(payload).toString('utf8');
const bytes = (value: string) => Buffer.from(value, 'utf8');

/** The contract of a bus, run by every implementation. */
export function busConformance(title: string, start: () => Promise<BusUnderTest>): void {
  describe(title, () => {
    let under: BusUnderTest;
    let asker: Bus;
    let server: Bus;
    const answering: Answering[] = [];

    const answer = async (bus: Bus, subject: string, queue: string, answerer: (payload: string) => Promise<string>) => {
      answering.push(await bus.answer(subject, queue, async (payload) => bytes(await answerer(text(payload)))));
    };
    beforeAll(async () => {
      under = await start();
      asker = await under.join('asker');
      server = await under.join('server');
    });
    afterEach(async () => {
      await Promise.all(answering.splice(0).map((one) => one.stop()));
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

    messagePatternsConformance(start);
  });
}
