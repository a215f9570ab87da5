import { type Actor, roleSchema } from '@gatehouse/contracts/actor';
import {
  acceptInvitation,
  type invitationViewSchema,
  inviteMember,
  listInvitations,
  withdrawInvitation,
} from '@gatehouse/contracts/members';
import { plainText, typedEmail } from '@gatehouse/contracts/plain-text';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { Allow } from '../management/allow.guard.js';
import type { Session } from '../management/authenticate.client.js';
import { type Origin, TheActor, TheOrigin, TheSession } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { Refusal } from '../management/refusal.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES } from '../management/settings.js';
import { personOf } from './person-of.js';

const inviteBody = z.strictObject({ email: typedEmail.min(1, 'is required'), role: roleSchema });
const acceptBody = z.strictObject({ token: z.string().min(1, 'is required').max(200) });
const invitationId = plainText.max(64);

/** Who is asked to join an organization, and their answer. */
@Controller()
export class InvitationsController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  @Get('/api/v1/orgs/:organizationId/invitations')
  @Allow('members.read')
  async list(@TheActor() actor: Actor) {
    const { invitations } = await this.ask(listInvitations, { actor });
    return { data: invitations.map(invitationJson) };
  }

  @Post('/api/v1/orgs/:organizationId/invitations')
  @Allow('members.write')
  @HttpCode(201)
  async invite(@Body() body: unknown, @TheActor() actor: Actor, @TheOrigin() { userAgent }: Origin) {
    const answer = await this.ask(inviteMember, { actor, userAgent, ...parseRequest(inviteBody, body) });
    switch (answer.kind) {
      case 'invited':
        return invitationJson(answer.invitation);
      case 'not_permitted':
        throw new Refusal('permission_denied');
      case 'email_invalid':
        throw new Refusal('validation_error', { errors: { email: answer.message } });
      case 'too_many':
        throw new Refusal('too_many_attempts', { retryAfterSeconds: answer.retryAfterSeconds });
    }
  }

  @Delete('/api/v1/orgs/:organizationId/invitations/:id')
  @Allow('members.write')
  @HttpCode(204)
  async withdraw(@Param('id') id: string, @TheActor() actor: Actor, @TheOrigin() { userAgent }: Origin) {
    const known = invitationId.safeParse(id);
    if (!known.success) throw new Refusal('not_found');
    const answer = await this.ask(withdrawInvitation, { actor, userAgent, invitationId: known.data });
    if (answer.kind === 'not_permitted') throw new Refusal('permission_denied');
    if (answer.kind === 'not_found') throw new Refusal('not_found');
  }

  @Post('/api/v1/invitations/accept')
  @Allow('signed_in')
  @HttpCode(200)
  async accept(@Body() body: unknown, @TheSession() session: Session, @TheOrigin() origin: Origin) {
    const { token } = parseRequest(acceptBody, body);
    const answer = await this.ask(acceptInvitation, { person: personOf(session, origin), token });
    switch (answer.kind) {
      case 'joined':
        return { organization_id: answer.organizationId, role: answer.role };
      case 'session_ended':
        throw new Refusal('session_ended');
      case 'link_invalid':
        throw new Refusal('link_invalid');
      case 'already_member':
        throw new Refusal('conflict', { detail: 'The account belongs to this organization already.' });
      case 'other_address':
        throw new Refusal('permission_denied', {
          detail: 'The invitation is for another address than this account has.',
        });
    }
  }
}

function invitationJson(invitation: z.output<typeof invitationViewSchema>) {
  return {
    id: invitation.id,
    email: invitation.email,
    role: invitation.role,
    invited_by: invitation.invitedBy,
    created_at: invitation.createdAt,
    expires_at: invitation.expiresAt,
  };
}
