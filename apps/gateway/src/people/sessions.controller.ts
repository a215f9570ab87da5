import { endOwnSessions, listOwnSessions, type sessionViewSchema } from '@gatehouse/contracts/own-sessions';
import { Controller, Delete, Get, HttpCode, Inject, Param } from '@nestjs/common';
import type { z } from 'zod';
import { Allow } from '../management/allow.guard.js';
import type { Session } from '../management/authenticate.client.js';
import { type Origin, TheOrigin, TheSession } from '../management/handler-arguments.provider.js';
import { Refusal } from '../management/refusal.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES } from '../management/settings.js';
import { personOf } from './person-of.js';

/** What an identifier of a session looks like; anything else is none of ours, and need not be asked about. */
const SESSION_ID = /^ses_[0-9A-Za-z]{22}$/;

/** The sessions of the account that asks: where it is signed in, and the end of that [T28]. */
@Controller()
export class SessionsController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  @Get('/auth/sessions')
  @Allow('signed_in')
  async list(@TheSession() session: Session, @TheOrigin() origin: Origin) {
    const answer = await this.ask(listOwnSessions, { person: personOf(session, origin) });
    if (answer.kind === 'session_ended') throw new Refusal('session_ended');
    return { data: answer.sessions.map(sessionJson) };
  }

  @Delete('/auth/sessions/:id')
  @Allow('signed_in')
  @HttpCode(204)
  async end(@Param('id') id: string, @TheSession() session: Session, @TheOrigin() origin: Origin) {
    if (!SESSION_ID.test(id)) throw new Refusal('not_found');
    await this.endThem({ id }, session, origin);
  }

  /** All but the one in which it is asked. */
  @Delete('/auth/sessions')
  @Allow('signed_in')
  @HttpCode(200)
  async endOthers(@TheSession() session: Session, @TheOrigin() origin: Origin) {
    return { ended: await this.endThem('others', session, origin) };
  }

  private async endThem(sessions: 'others' | { id: string }, session: Session, origin: Origin): Promise<number> {
    const answer = await this.ask(endOwnSessions, { person: personOf(session, origin), sessions });
    if (answer.kind === 'ended') return answer.sessions;
    throw new Refusal(answer.kind);
  }
}

function sessionJson(session: z.output<typeof sessionViewSchema>) {
  return {
    id: session.id,
    current: session.isCurrent,
    started_at: session.startedAt,
    last_seen_at: session.lastSeenAt,
    expires_at: session.expiresAt,
    absolute_expires_at: session.absoluteExpiresAt,
    address: session.address,
    user_agent: session.userAgent,
    proofs: session.proofs,
  };
}
