import type { Actor } from '@gatehouse/contracts/actor';
import { getKey, issueKey, listKeys } from '@gatehouse/contracts/keys';
import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { Allow } from './allow.guard.js';
import { TheActor } from './handler-arguments.provider.js';
import { keyRefusal } from './key-refusal.js';
import { checkKeyId, issueKeyBody, listKeysQuery } from './key-requests.js';
import { parseRequest } from './parse-request.js';
import { findProjectOf } from './project.client.js';
import { keyJson } from './public-json.js';
import { Refusal } from './refusal.js';
import { organizationQuery } from './requests.js';
import type { AskService } from './services.client.js';
import { SERVICES } from './settings.js';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** How keys come into being and are looked at. The answer of `issue` is the only one that ever has the key itself. */
@Controller()
export class KeysController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  @Post('/api/v1/keys')
  @Allow('keys.write')
  @HttpCode(201)
  async issue(
    @Body() body: unknown,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @TheActor() actor: Actor,
  ) {
    const input = parseRequest(issueKeyBody, body);
    if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY.test(idempotencyKey)) {
      throw new Refusal('invalid_request', { detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters.' });
    }
    const { project, plan } = await findProjectOf(actor, input.project, this.ask);
    const answer = await this.ask(issueKey, {
      actor,
      api: input.api,
      projectId: project.id,
      projectSlug: project.slug,
      plan,
      name: input.name,
      scopes: input.scopes,
      roles: input.roles,
      environment: input.environment,
      expiresAt: input.expires_at === undefined ? undefined : new Date(input.expires_at).toISOString(),
      expiresInDays: input.expires_in_days,
      metadata: input.metadata,
      allowedAddresses: input.allowed_ips,
      limits: input.limits,
      remainingUses: input.remaining_uses,
      idempotencyKey,
    });
    if (answer.kind === 'issued') return { ...keyJson(answer.key), key: answer.secret };
    throw keyRefusal(answer);
  }

  @Get('/api/v1/keys')
  @Allow('keys.read')
  async list(@Query() query: unknown, @TheActor() actor: Actor) {
    const { api, project, created_by: createdBy, cursor, limit } = parseRequest(listKeysQuery, query);
    const projectId = project === undefined ? undefined : (await findProjectOf(actor, project, this.ask)).project.id;
    const answer = await this.ask(listKeys, { actor, api, projectId, createdBy, cursor, limit });
    if (answer.kind === 'refused') throw new Refusal('validation_error', { errors: { cursor: answer.message } });
    return { data: answer.keys.map(keyJson), next_cursor: answer.nextCursor };
  }

  @Get('/api/v1/keys/:id')
  @Allow('keys.read')
  async get(@Param('id') keyId: string, @Query() query: unknown, @TheActor() actor: Actor) {
    parseRequest(organizationQuery, query);
    const answer = await this.ask(getKey, { actor, keyId: checkKeyId(keyId) });
    if (answer.kind === 'not_found') throw new Refusal('not_found');
    return keyJson(answer.key);
  }
}
