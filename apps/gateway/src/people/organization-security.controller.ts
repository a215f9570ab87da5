import { setOrganizationSecurity } from '@gatehouse/contracts/organization-security';
import { plainText } from '@gatehouse/contracts/plain-text';
import { Body, Controller, Inject, Param, Put } from '@nestjs/common';
import { z } from 'zod';
import { Allow } from '../management/allow.guard.js';
import type { Session } from '../management/authenticate.client.js';
import { type Origin, TheOrigin, TheSession } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { Refusal } from '../management/refusal.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES } from '../management/settings.js';
import { strongerSignIn } from '../management/stronger-sign-in.js';
import { personOf } from './person-of.js';

const securityBody = z.strictObject({ requires_second_factor: z.boolean(), requires_sso: z.boolean().default(false) });
const knownId = plainText.max(64);

/** What an organization asks of everybody who enters it. Its owners decide; who that is, identity says. */
@Controller()
export class OrganizationSecurityController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  @Put('/api/v1/orgs/:organizationId/security')
  @Allow('signed_in')
  async set(
    @Param('organizationId') id: string,
    @Body() body: unknown,
    @TheSession() session: Session,
    @TheOrigin() origin: Origin,
  ) {
    const { requires_second_factor: requiresSecondFactor, requires_sso: requiresSso } = parseRequest(
      securityBody,
      body,
    );
    const known = knownId.safeParse(id);
    if (!known.success) throw new Refusal('permission_denied');
    const organizationId = known.data;
    const person = personOf(session, origin);
    const answer = await this.ask(setOrganizationSecurity, {
      person,
      organizationId,
      requiresSecondFactor,
      requiresSso,
    });
    switch (answer.kind) {
      case 'set':
        return { id: organizationId, requires_second_factor: requiresSecondFactor, requires_sso: requiresSso };
      case 'not_permitted':
        throw new Refusal('permission_denied');
      case 'stronger_sign_in_required':
        throw strongerSignIn(answer.wants);
      default:
        throw new Refusal(answer.kind);
    }
  }
}
