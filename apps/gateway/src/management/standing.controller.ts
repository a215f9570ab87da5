import type { Catalog } from '@gatehouse/catalog/api';
import { setOrganization } from '@gatehouse/contracts/identity';
import { organizationLimitsSchema, setOrganization as setOrganizationOfKeys } from '@gatehouse/contracts/keys';
import { plainText } from '@gatehouse/contracts/plain-text';
import { Body, Controller, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { z } from 'zod';
import { Allow } from './allow.guard.js';
import type { Session } from './authenticate.client.js';
import { type Origin, TheOrigin, TheSession } from './handler-arguments.provider.js';
import { parseRequest } from './parse-request.js';
import { Refusal } from './refusal.js';
import { emptyBody } from './requests.js';
import type { AskService } from './services.client.js';
import { CATALOG, SERVICES } from './settings.js';

const planBody = z.strictObject({
  plan: plainText.min(1).max(64),
  limits: organizationLimitsSchema.nullable().default(null),
});

/** A change answers when every key of the organization is judged by it; that may take as long as a lease. */
const CHANGE_DEADLINE_MS = 30_000;

/** What the operator of the installation decides about organizations. Each change holds for their keys when it returns. */
@Controller()
export class StandingController {
  constructor(
    @Inject(SERVICES) private readonly ask: AskService,
    @Inject(CATALOG) private readonly catalog: Catalog,
  ) {}

  /** The plan, and quotas in its place for customers who have their own [A9]. */
  @Put('/api/v1/orgs/:id/plan')
  @Allow('operator')
  async plan(@Param('id') id: string, @Body() body: unknown, @TheSession() by: Session, @TheOrigin() from: Origin) {
    const { plan, limits } = parseRequest(planBody, body);
    if (!this.catalog.apis.some(({ plans }) => plans[plan] !== undefined)) {
      const known = [...new Set(this.catalog.apis.flatMap(({ plans }) => Object.keys(plans)))].join(', ');
      throw new Refusal('validation_error', { errors: { plan: `there is no such plan; known are ${known}` } });
    }
    return this.set(id, by, from, { plan, limits });
  }

  @Post('/api/v1/orgs/:id/suspend')
  @Allow('operator')
  @HttpCode(200)
  suspend(@Param('id') id: string, @Body() body: unknown, @TheSession() by: Session, @TheOrigin() from: Origin) {
    parseRequest(emptyBody, body);
    return this.set(id, by, from, { suspended: true });
  }

  @Post('/api/v1/orgs/:id/resume')
  @Allow('operator')
  @HttpCode(200)
  resume(@Param('id') id: string, @Body() body: unknown, @TheSession() by: Session, @TheOrigin() from: Origin) {
    parseRequest(emptyBody, body);
    return this.set(id, by, from, { suspended: false });
  }

  /** Identity owns it; keys judges by it. Where the second message fails, the same request again brings both together. */
  private async set(organizationId: string, by: Session, origin: Origin, changes: Changes) {
    const accountId = by.account.id;
    const answer = await this.ask(setOrganization, { accountId, organizationId, origin, ...changes });
    if (answer.kind === 'not_permitted') throw new Refusal('permission_denied');
    if (answer.kind === 'not_found') throw new Refusal('not_found');
    const { kind: _, ...standing } = answer;
    const { address, requestId } = origin;
    const actor = { accountId, organizationId, role: 'owner' as const, address, requestId };
    await this.ask(setOrganizationOfKeys, { organizationId, actor, ...standing }, CHANGE_DEADLINE_MS);
    return { id: organizationId, ...standing };
  }
}

type Changes = Pick<z.input<typeof setOrganization.input>, 'plan' | 'limits' | 'suspended'>;
