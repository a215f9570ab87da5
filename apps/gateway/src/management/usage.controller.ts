import type { Actor } from '@gatehouse/contracts/actor';
import { getScopeUse, getUsage, listRequests } from '@gatehouse/contracts/usage';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { Allow } from './allow.guard.js';
import { TheActor } from './handler-arguments.provider.js';
import { checkKeyId, keyUsageQuery, listRequestsQuery } from './key-requests.js';
import { parseRequest } from './parse-request.js';
import { Refusal } from './refusal.js';
import type { AskService } from './services.client.js';
import { SERVICES } from './settings.js';
import { requestJson, scopeUseJson, usageJson } from './usage-json.js';

/** What keys are used for: how much, by whom, and which of their scopes they need. */
@Controller()
export class UsageController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  @Get('/api/v1/keys/:id/usage')
  @Allow('keys.read')
  async usage(@Param('id') keyId: string, @Query() query: unknown, @TheActor() actor: Actor) {
    const { days } = parseRequest(keyUsageQuery, query);
    const answer = await this.ask(getUsage, { actor, keyId: checkKeyId(keyId), days });
    if (answer.kind === 'not_found') throw new Refusal('not_found');
    return usageJson(days, answer);
  }

  /** Newest first [T30]. */
  @Get('/api/v1/keys/:id/requests')
  @Allow('keys.read')
  async requests(@Param('id') keyId: string, @Query() query: unknown, @TheActor() actor: Actor) {
    const { cursor, limit } = parseRequest(listRequestsQuery, query);
    const answer = await this.ask(listRequests, { actor, keyId: checkKeyId(keyId), cursor, limit });
    if (answer.kind === 'not_found') throw new Refusal('not_found');
    if (answer.kind === 'refused') throw new Refusal('validation_error', { errors: { cursor: answer.message } });
    return { data: answer.requests.map(requestJson), next_cursor: answer.nextCursor };
  }

  @Get('/api/v1/keys/:id/scopes')
  @Allow('keys.read')
  async scopes(@Param('id') keyId: string, @Query() query: unknown, @TheActor() actor: Actor) {
    const { days } = parseRequest(keyUsageQuery, query);
    const answer = await this.ask(getScopeUse, { actor, keyId: checkKeyId(keyId), days });
    if (answer.kind === 'not_found') throw new Refusal('not_found');
    return scopeUseJson(days, answer);
  }
}
