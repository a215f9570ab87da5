import { type DynamicModule, Module } from '@nestjs/common';
import { KeysController, LIFECYCLE, type LifecyclePorts } from './lifecycle/keys.controller.js';

@Module({})
class AppModule {}

/** The composition of the service's message patterns; everything that they use comes in from start.ts. */
export function appModule(ports: LifecyclePorts): DynamicModule {
  return {
    module: AppModule,
    controllers: [KeysController],
    providers: [{ provide: LIFECYCLE, useValue: ports }],
  };
}
