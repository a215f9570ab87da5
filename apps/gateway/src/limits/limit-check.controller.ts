import { MANAGEMENT_API } from '@gatehouse/catalog/management-api';
import type { Actor } from '@gatehouse/contracts/actor';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { Allow } from '../management/allow.guard.js';
import { TheActor } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { Refusal } from '../management/refusal.js';
import { VERIFICATION } from '../management/settings.js';
import type { VerificationPorts } from '../verification/verify-key.js';
import { chargeFor, limitCheckBody, limitCheckJson } from './limit-question.js';

/** Counts for services that limit something themselves: with the counters, and the exactness, of published APIs. */
@Controller()
export class LimitCheckController {
  constructor(@Inject(VERIFICATION) private readonly ports: VerificationPorts) {}

  @Post('/api/v1/limits/check')
  @Allow('limits.check')
  @HttpCode(200)
  async check(@Body() body: unknown, @TheActor() actor: Actor) {
    const charge = chargeFor(actor.organizationId, parseRequest(limitCheckBody, body));
    const published = this.ports.apis.get(MANAGEMENT_API.name);
    if (published === undefined) throw new Error('the management API is not among those with keys');
    const outcome = await this.ports.edge.takeLimits(published, charge);
    if (outcome.kind === 'unavailable') throw new Refusal('service_unavailable', { retryAfterSeconds: 1 });
    return limitCheckJson(outcome, charge);
  }
}
