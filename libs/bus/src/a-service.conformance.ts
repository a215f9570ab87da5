import 'reflect-metadata';
import { contract } from '@gatehouse/contracts/contract';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { z } from 'zod';
import type { Bus } from './bus.js';
import { serve } from './serve.server.js';

/** For tests: contracts of message patterns, and a Nest service that answers them. */

export const greet = contract(
  'gatehouse.v1.test.greet',
  z.strictObject({ name: z.string().max(20), times: z.number().int().default(1), at: z.iso.datetime().optional() }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('greeted'), text: z.string(), by: z.string() }),
    z.strictObject({ kind: z.literal('too_shy') }),
  ]),
);
export const leak = contract(
  'gatehouse.v1.test.leak',
  z.strictObject({}),
  z.strictObject({ kind: z.literal('never') }),
);
export const mislead = contract(
  'gatehouse.v1.test.mislead',
  z.strictObject({}),
  z.strictObject({ kind: z.literal('right') }),
);
export const hang = contract(
  'gatehouse.v1.test.hang',
  z.strictObject({}),
  z.strictObject({ kind: z.literal('never') }),
);
export const unserved = contract('gatehouse.v1.test.unserved', z.strictObject({}), z.strictObject({}));
export const linger = contract(
  'gatehouse.v1.test.linger',
  z.strictObject({}),
  z.strictObject({ kind: z.literal('done') }),
);

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

/** A service that answers on a bus, and what a test does with it. */
export interface ServiceUnderTest {
  readonly app: INestMicroservice;
  /** Lets what lingers or hangs be answered. */
  readonly release: () => void;
  /** Resolves when the first question lingers. */
  readonly arrived: Promise<void>;
  /** The questions that got through the contract. */
  readonly greetings: readonly unknown[];
}

export async function startService(bus: Bus, name: string): Promise<ServiceUnderTest> {
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
  return { app, release, arrived, greetings };
}
