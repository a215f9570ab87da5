import { plainText } from '@gatehouse/contracts/plain-text';
import {
  cancelRecovery,
  completeRecovery,
  confirmRecovery,
  decideRecovery,
  listRecoveries,
  type recoveryViewSchema,
  startRecovery,
} from '@gatehouse/contracts/recovery';
import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { Allow } from '../management/allow.guard.js';
import type { Session } from '../management/authenticate.client.js';
import { type Origin, TheOrigin, TheSession } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { Refusal } from '../management/refusal.js';
import { emptyBody } from '../management/requests.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES } from '../management/settings.js';

const text = z.string().min(1, 'is required').max(200);
const startBody = z.strictObject({ challenge: text });
const linkBody = z.strictObject({ token: text });
const knownId = plainText.max(64);

/** The way back for who has lost every second factor, and its review by an operator [T22]. */
@Controller()
export class RecoveryController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  @Post('/auth/recovery/start')
  @Allow('public')
  @HttpCode(202)
  async start(@Body() body: unknown, @TheOrigin() origin: Origin) {
    const answer = await this.ask(startRecovery, { ...parseRequest(startBody, body), origin });
    if (answer.kind === 'challenge_ended') throw new Refusal('challenge_ended');
    return answer.kind === 'under_review' ? underReview(answer.readyAt) : { status: 'mail_sent' };
  }

  @Post('/auth/recovery/confirm')
  @Allow('public')
  @HttpCode(202)
  async confirm(@Body() body: unknown, @TheOrigin() origin: Origin) {
    const answer = await this.ask(confirmRecovery, { ...parseRequest(linkBody, body), origin });
    if (answer.kind === 'link_invalid') throw new Refusal('link_invalid');
    return underReview(answer.readyAt);
  }

  @Post('/auth/recovery/cancel')
  @Allow('public')
  @HttpCode(200)
  async cancel(@Body() body: unknown, @TheOrigin() origin: Origin) {
    const answer = await this.ask(cancelRecovery, { ...parseRequest(linkBody, body), origin });
    if (answer.kind === 'link_invalid') throw new Refusal('link_invalid');
    return { status: 'cancelled' };
  }

  @Post('/auth/recovery/complete')
  @Allow('public')
  @HttpCode(200)
  async complete(@Body() body: unknown, @TheOrigin() origin: Origin) {
    const answer = await this.ask(completeRecovery, { ...parseRequest(linkBody, body), origin });
    if (answer.kind === 'link_invalid') throw new Refusal('link_invalid');
    return { status: 'recovered' };
  }

  @Get('/api/v1/recoveries')
  @Allow('operator')
  async list(@TheSession() session: Session) {
    const answer = await this.ask(listRecoveries, { accountId: session.account.id });
    if (answer.kind === 'not_permitted') throw new Refusal('permission_denied');
    return { data: answer.recoveries.map(recoveryJson) };
  }

  @Post('/api/v1/recoveries/:id/approve')
  @Allow('operator')
  @HttpCode(200)
  approve(@Param('id') id: string, @Body() body: unknown, @TheSession() by: Session, @TheOrigin() from: Origin) {
    return this.decide(id, 'approve', body, by, from);
  }

  @Post('/api/v1/recoveries/:id/refuse')
  @Allow('operator')
  @HttpCode(200)
  refuse(@Param('id') id: string, @Body() body: unknown, @TheSession() by: Session, @TheOrigin() from: Origin) {
    return this.decide(id, 'refuse', body, by, from);
  }

  private async decide(id: string, decision: 'approve' | 'refuse', body: unknown, by: Session, origin: Origin) {
    parseRequest(emptyBody, body);
    const known = knownId.safeParse(id);
    if (!known.success) throw new Refusal('not_found');
    const asked = { accountId: by.account.id, recoveryId: known.data, decision, origin };
    const answer = await this.ask(decideRecovery, asked);
    switch (answer.kind) {
      case 'decided':
        return recoveryJson(answer.recovery);
      case 'not_permitted':
        throw new Refusal('permission_denied', { detail: 'Nobody decides about the recovery of the own account.' });
      case 'not_found':
        throw new Refusal('not_found');
      case 'conflict':
        throw new Refusal('conflict', { detail: `The recovery is ${answer.state}.` });
    }
  }
}

function underReview(readyAt: string) {
  return { status: 'under_review', ready_at: readyAt };
}

function recoveryJson(recovery: z.output<typeof recoveryViewSchema>) {
  return {
    id: recovery.id,
    account: { id: recovery.accountId, email: recovery.email, name: recovery.name },
    state: recovery.state,
    requested_at: recovery.requestedAt,
    ready_at: recovery.readyAt,
    lapses_at: recovery.lapsesAt,
    decided_by: recovery.decidedBy,
    address: recovery.address,
    user_agent: recovery.userAgent,
  };
}
