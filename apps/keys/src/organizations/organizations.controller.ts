import { serve } from '@gatehouse/bus/serve.server';
import { setOrganization } from '@gatehouse/contracts/keys';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { changeAtOneMoment, type Settling, unannounced } from '../lease/settling.js';
import type { OrganizationsStore } from './organizations.store.js';

/** Token of what the controller works with. */
export const ORGANIZATIONS = Symbol('organizations');

export interface OrganizationsPorts {
  readonly store: OrganizationsStore;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  readonly settling: Settling;
}

/** What is decided about an organization elsewhere, and what it means for each of its keys from then on. */
@Controller()
export class OrganizationsController {
  constructor(@Inject(ORGANIZATIONS) private readonly ports: OrganizationsPorts) {}

  @MessagePattern(setOrganization.subject)
  set(@Payload() payload: unknown) {
    return serve(setOrganization, payload, async ({ actor, ...organization }) => {
      const { store, nowMs, monotonicMs, settling } = this.ports;
      const ids = [organization.organizationId];
      const { announcement } = await changeAtOneMoment(settling, async (announce) => {
        const aware = await announce(ids);
        await store.set(organization, actor, nowMs(), aware);
      });
      await settling.settle(announcement ?? unannounced(ids), monotonicMs());
      return { kind: 'set' as const };
    });
  }
}
