import type { Actor } from '@gatehouse/contracts/actor';
import type { Contract } from '@gatehouse/contracts/contract';
import { findProject } from '@gatehouse/contracts/identity';
import {
  cancelRotation,
  disableKey,
  enableKey,
  finishRotation,
  getKey,
  removeKey,
  revokeKey,
  rotateKey,
  updateKey,
} from '@gatehouse/contracts/keys';
import { Body, Controller, Delete, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { Allow } from './allow.guard.js';
import { TheActor } from './handler-arguments.provider.js';
import { keyRefusal } from './key-refusal.js';
import { checkKeyId, organizationBody, revokeKeyBody, rotateKeyBody, updateKeyBody } from './key-requests.js';
import { parseRequest } from './parse-request.js';
import { keyJson, settlementJson } from './public-json.js';
import { Refusal } from './refusal.js';
import { organizationQuery } from './requests.js';
import type { AskService } from './services.client.js';
import { SERVICES } from './settings.js';

/** A change answers when no cache anywhere knows the key as it was; that may take as long as a lease. */
const CHANGE_DEADLINE_MS = 30_000;

/** What can happen to a key. The answer of `rotate` is the only one that ever has its new secret. */
@Controller()
export class KeyChangesController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  @Patch('/api/v1/keys/:id')
  @Allow('keys.write')
  async update(@Param('id') keyId: string, @Body() body: unknown, @TheActor() actor: Actor) {
    const { organization: _, allowed_ips, expires_at, remaining_uses, ...same } = parseRequest(updateKeyBody, body);
    const changes = { ...same, allowedAddresses: allowed_ips, expiresAt: expires_at, remainingUses: remaining_uses };
    const answer = await this.ask(updateKey, { actor, keyId: checkKeyId(keyId), ...changes }, CHANGE_DEADLINE_MS);
    if (answer.kind === 'updated') return keyJson(answer.key);
    throw answer.kind === 'not_found' ? new Refusal('not_found') : keyRefusal(answer);
  }

  @Delete('/api/v1/keys/:id')
  @Allow('keys.write')
  @HttpCode(204)
  async remove(@Param('id') keyId: string, @Query() query: unknown, @TheActor() actor: Actor): Promise<void> {
    parseRequest(organizationQuery, query);
    const answer = await this.ask(removeKey, { actor, keyId: checkKeyId(keyId) }, CHANGE_DEADLINE_MS);
    if (answer.kind === 'not_found') throw new Refusal('not_found');
  }

  @Post('/api/v1/keys/:id/revoke')
  @Allow('keys.write')
  @HttpCode(200)
  async revoke(@Param('id') keyId: string, @Body() body: unknown, @TheActor() actor: Actor) {
    const { reason } = parseRequest(revokeKeyBody, body);
    const answer = await this.ask(revokeKey, { actor, keyId: checkKeyId(keyId), reason }, CHANGE_DEADLINE_MS);
    if (answer.kind === 'not_found') throw new Refusal('not_found');
    return { ...keyJson(answer.key), settlement: settlementJson(answer.settlement) };
  }

  @Post('/api/v1/keys/:id/disable')
  @Allow('keys.write')
  @HttpCode(200)
  disable(@Param('id') keyId: string, @Body() body: unknown, @TheActor() actor: Actor) {
    return this.change(disableKey, keyId, body, actor);
  }

  @Post('/api/v1/keys/:id/enable')
  @Allow('keys.write')
  @HttpCode(200)
  enable(@Param('id') keyId: string, @Body() body: unknown, @TheActor() actor: Actor) {
    return this.change(enableKey, keyId, body, actor);
  }

  @Post('/api/v1/keys/:id/rotate')
  @Allow('keys.write')
  @HttpCode(200)
  async rotate(@Param('id') id: string, @Body() body: unknown, @TheActor() actor: Actor) {
    const { grace_seconds: graceSeconds } = parseRequest(rotateKeyBody, body);
    const keyId = checkKeyId(id);
    const found = await this.ask(getKey, { actor, keyId });
    if (found.kind === 'not_found') throw new Refusal('not_found');
    const project = await this.ask(findProject, { actor, project: found.key.projectId });
    if (project.kind === 'not_found') throw new Refusal('not_found', { detail: 'The project of this key is gone.' });
    const projectSlug = project.project.slug;
    const answer = await this.ask(rotateKey, { actor, keyId, projectSlug, graceSeconds }, CHANGE_DEADLINE_MS);
    if (answer.kind === 'rotated') return { ...keyJson(answer.key), key: answer.secret };
    throw answer.kind === 'not_found' ? new Refusal('not_found') : keyRefusal(answer);
  }

  @Post('/api/v1/keys/:id/rotate/finish')
  @Allow('keys.write')
  @HttpCode(200)
  finish(@Param('id') keyId: string, @Body() body: unknown, @TheActor() actor: Actor) {
    return this.change(finishRotation, keyId, body, actor);
  }

  @Post('/api/v1/keys/:id/rotate/cancel')
  @Allow('keys.write')
  @HttpCode(200)
  cancel(@Param('id') keyId: string, @Body() body: unknown, @TheActor() actor: Actor) {
    return this.change(cancelRotation, keyId, body, actor);
  }

  /** A change that needs nothing but the key. */
  private async change(operation: ChangeOperation, keyId: string, body: unknown, actor: Actor) {
    parseRequest(organizationBody, body);
    const answer = await this.ask(operation, { actor, keyId: checkKeyId(keyId) }, CHANGE_DEADLINE_MS);
    if (answer.kind === 'changed') return keyJson(answer.key);
    throw answer.kind === 'not_found' ? new Refusal('not_found') : keyRefusal(answer);
  }
}

type ChangeOperation = Contract<
  typeof disableKey.input,
  typeof disableKey.output | typeof enableKey.output | typeof finishRotation.output
>;
