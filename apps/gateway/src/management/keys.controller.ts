import type { Actor } from '@gatehouse/contracts/actor';
import { findProject } from '@gatehouse/contracts/identity';
import { getKey, issueKey, listKeys, revokeKey } from '@gatehouse/contracts/keys';
import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { Allow } from './allow.guard.js';
import { TheActor } from './handler-arguments.provider.js';
import { parseRequest } from './parse-request.js';
import { keyJson } from './public-json.js';
import { Refusal } from './refusal.js';
import { issueKeyBody, listKeysQuery, organizationQuery, revokeKeyBody } from './requests.js';
import type { AskService } from './services.client.js';
import { SERVICES } from './settings.js';

const KEY_ID = /^key_[0-9A-Za-z]{1,60}$/;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** A revoke answers when no cache anywhere accepts the key any more; that may take as long as a lease. */
const REVOKE_DEADLINE_MS = 30_000;

/** The life of API keys. The answer of `issue` is the only one that ever has the key itself. */
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
    const { project, plan } = await this.project(actor, input.project);
    const answer = await this.ask(issueKey, {
      actor,
      api: input.api,
      projectId: project.id,
      plan,
      name: input.name,
      scopes: input.scopes,
      environment: input.environment,
      expiresAt: input.expires_at === undefined ? undefined : new Date(input.expires_at).toISOString(),
      expiresInDays: input.expires_in_days,
      metadata: input.metadata,
      idempotencyKey,
    });
    if (answer.kind === 'issued') return { ...keyJson(answer.key), key: answer.secret };
    if (answer.code === 'idempotency_conflict') throw new Refusal('idempotency_conflict');
    throw new Refusal('validation_error', { errors: { [fieldOf(answer)]: answer.message } });
  }

  @Get('/api/v1/keys')
  @Allow('keys.read')
  async list(@Query() query: unknown, @TheActor() actor: Actor) {
    const { api, project, cursor, limit } = parseRequest(listKeysQuery, query);
    const projectId = project === undefined ? undefined : (await this.project(actor, project)).project.id;
    const answer = await this.ask(listKeys, { actor, api, projectId, cursor, limit });
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

  @Post('/api/v1/keys/:id/revoke')
  @Allow('keys.write')
  @HttpCode(200)
  async revoke(@Param('id') keyId: string, @Body() body: unknown, @TheActor() actor: Actor) {
    const { reason } = parseRequest(revokeKeyBody, body);
    const answer = await this.ask(revokeKey, { actor, keyId: checkKeyId(keyId), reason }, REVOKE_DEADLINE_MS);
    if (answer.kind === 'not_found') throw new Refusal('not_found');
    return keyJson(answer.key);
  }

  private async project(actor: Actor, project: string | undefined) {
    const found = await this.ask(findProject, { actor, project });
    if (found.kind === 'found') return found;
    throw new Refusal('validation_error', { errors: { project: 'there is no such project in this organization' } });
  }
}

function checkKeyId(keyId: string): string {
  if (!KEY_ID.test(keyId)) throw new Refusal('not_found');
  return keyId;
}

const FIELD_OF_CODE: Readonly<Record<string, string>> = {
  unknown_api: 'api',
  unknown_scope: 'scopes',
  unknown_environment: 'environment',
  invalid_expiry: 'expires_at',
};

/** Which field of the HTTP body is to blame; the service names fields of its own message. */
function fieldOf(refused: { code: string; field?: string | undefined }): string {
  return refused.field === 'expiresInDays' ? 'expires_in_days' : (FIELD_OF_CODE[refused.code] ?? 'body');
}
