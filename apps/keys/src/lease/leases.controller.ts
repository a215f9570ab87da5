import { serve } from '@gatehouse/bus/serve.server';
import { registerLease, releaseLease, renewLease } from '@gatehouse/contracts/leases';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { HoldersStore } from './holders.store.js';

/** Token of the lease holders that are gateways. */
export const GATEWAY_HOLDERS = Symbol('gateway-holders');

/** What gateways that hold a lease have done in PostgreSQL, which they cannot reach. No state is kept here. */
@Controller()
export class LeasesController {
  constructor(
    @Inject(GATEWAY_HOLDERS) private readonly holders: Pick<HoldersStore, 'register' | 'renew' | 'release'>,
  ) {}

  @MessagePattern(registerLease.subject)
  register(@Payload() payload: unknown) {
    return serve(registerLease, payload, async ({ holderId, learnsAnnounced = false }) => ({
      appliedSeq: await this.holders.register(holderId, learnsAnnounced),
    }));
  }

  @MessagePattern(renewLease.subject)
  renew(@Payload() payload: unknown) {
    return serve(renewLease, payload, ({ holderId, appliedSeq }) => this.holders.renew(holderId, appliedSeq));
  }

  @MessagePattern(releaseLease.subject)
  release(@Payload() payload: unknown) {
    return serve(releaseLease, payload, async ({ holderId }) => {
      await this.holders.release(holderId);
      return {};
    });
  }
}
