import 'reflect-metadata';
import type { Bus } from '@gatehouse/bus/bus';
import { serve } from '@gatehouse/bus/serve.server';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { fakeIdentity } from './fake-identity.conformance.js';
import { fakeKeysService } from './fake-keys-service.conformance.js';
import type { FakeWorld } from './fake-world.conformance.js';

/** A microservice that answers the contracts of identity and keys from memory. */
export async function startFakeServices(bus: Bus, world: FakeWorld) {
  @Controller()
  class FakeServices {}
  for (const [contract, answer] of [...fakeIdentity(world), ...fakeKeysService(world)]) {
    const name = contract.subject;
    const handler = (payload: unknown) =>
      serve(contract, payload, (input) => {
        world.asked.push({ subject: contract.subject, input });
        const instead = world.instead.get(contract.subject);
        return typeof instead === 'function' ? instead(input) : (instead ?? answer(input as never));
      });
    const descriptor = { value: handler, writable: true, configurable: true, enumerable: true };
    Object.defineProperty(FakeServices.prototype, name, descriptor);
    MessagePattern(name)(FakeServices.prototype, name, descriptor);
    Payload()(FakeServices.prototype, name, 0);
  }
  @Module({ controllers: [FakeServices] })
  class FakeModule {}
  const app = await NestFactory.createMicroservice(FakeModule, { strategy: bus.serverStrategy('fake'), logger: false });
  await app.listen();
  return app;
}
