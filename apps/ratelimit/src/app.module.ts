import { type DynamicModule, Module } from '@nestjs/common';
import { DESCRIPTION, DescribeController } from './replicas/describe.controller.js';
import type { RatelimitDescription } from './replicas/describe.js';

@Module({})
class RatelimitModule {}

/** The composition of the service's message patterns; the hot path does not pass through Nest. */
export function ratelimitModule(description: RatelimitDescription): DynamicModule {
  return {
    module: RatelimitModule,
    controllers: [DescribeController],
    providers: [{ provide: DESCRIPTION, useValue: description }],
  };
}
