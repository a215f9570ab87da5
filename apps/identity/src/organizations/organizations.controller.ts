import { serve } from '@gatehouse/bus/serve.server';
import { setOrganization } from '@gatehouse/contracts/identity';
import { setOrganizationSecurity } from '@gatehouse/contracts/organization-security';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { Origin } from '../origin.js';
import type { Person } from '../sessions/own-session.store.js';
import type { EntryRules } from './entry.js';
import type { SecuredOrganization } from './security.store.js';
import type { Standing } from './standing.store.js';

export const ORGANIZATIONS_DOOR = Symbol('organizations door');

export interface OrganizationsDoor {
  setStanding(
    accountId: string,
    organizationId: string,
    changes: { readonly [Part in keyof Standing]?: Standing[Part] | undefined },
    origin: Origin,
  ): Promise<Standing | 'not_found' | 'not_permitted'>;
  secure(person: Person, organizationId: string, rules: EntryRules): Promise<SecuredOrganization>;
}

/** What the operator decides about organizations, and what their owners ask of who enters. */
@Controller()
export class OrganizationsController {
  constructor(@Inject(ORGANIZATIONS_DOOR) private readonly door: OrganizationsDoor) {}

  @MessagePattern(setOrganization.subject)
  set(@Payload() payload: unknown): Promise<unknown> {
    return serve(setOrganization, payload, async ({ accountId, organizationId, origin, ...changes }) => {
      const outcome = await this.door.setStanding(accountId, organizationId, changes, origin);
      return typeof outcome === 'string' ? { kind: outcome } : { kind: 'set' as const, ...outcome };
    });
  }

  @MessagePattern(setOrganizationSecurity.subject)
  secure(@Payload() payload: unknown): Promise<unknown> {
    return serve(setOrganizationSecurity, payload, async ({ person, organizationId, ...rules }) => {
      const outcome = await this.door.secure(person, organizationId, rules);
      return outcome.kind === 'stronger_sign_in_required' ? { ...outcome, wants: [...outcome.wants] } : outcome;
    });
  }
}
