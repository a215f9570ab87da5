import { type Actor, roleSchema } from '@gatehouse/contracts/actor';
import { changeMember, listMembers, type memberViewSchema, removeMember } from '@gatehouse/contracts/members';
import { plainText } from '@gatehouse/contracts/plain-text';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch } from '@nestjs/common';
import { z } from 'zod';
import { Allow } from '../management/allow.guard.js';
import type { Session } from '../management/authenticate.client.js';
import { type Origin, TheActor, TheOrigin, TheSession } from '../management/handler-arguments.provider.js';
import { parseRequest } from '../management/parse-request.js';
import { Refusal } from '../management/refusal.js';
import type { AskService } from '../management/services.client.js';
import { SERVICES } from '../management/settings.js';

const changeBody = z.strictObject({ role: roleSchema });
const accountId = plainText.max(64);

/** Who belongs to an organization, and as what. */
@Controller()
export class MembersController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  @Get('/api/v1/orgs/:organizationId/members')
  @Allow('members.read')
  async list(@TheActor() actor: Actor) {
    const { members } = await this.ask(listMembers, { actor });
    return { data: members.map(memberJson) };
  }

  @Patch('/api/v1/orgs/:organizationId/members/:accountId')
  @Allow('members.write')
  async change(
    @Param('accountId') id: string,
    @Body() body: unknown,
    @TheActor() actor: Actor,
    @TheOrigin() by: Origin,
  ) {
    const { role } = parseRequest(changeBody, body);
    const { userAgent } = by;
    const answer = await this.ask(changeMember, { actor, userAgent, accountId: memberId(id), role });
    if (answer.kind !== 'changed') throw memberRefusal(answer.kind);
    return { account_id: id, role: answer.role };
  }

  /** Everybody may leave; whom else one may remove is identity's to say. */
  @Delete('/api/v1/orgs/:organizationId/members/:accountId')
  @Allow('signed_in')
  @HttpCode(204)
  async remove(
    @Param('organizationId') organizationId: string,
    @Param('accountId') id: string,
    @TheSession() session: Session,
    @TheOrigin() { address, requestId, userAgent }: Origin,
  ) {
    const membership = session.memberships.find((each) => each.organizationId === organizationId);
    if (membership === undefined) throw new Refusal('permission_denied');
    const actor = { accountId: session.account.id, organizationId, role: membership.role, address, requestId };
    const answer = await this.ask(removeMember, { actor, userAgent, accountId: memberId(id) });
    if (answer.kind !== 'removed') throw memberRefusal(answer.kind);
  }
}

function memberId(id: string): string {
  const parsed = accountId.safeParse(id);
  if (!parsed.success) throw new Refusal('not_found');
  return parsed.data;
}

function memberRefusal(kind: 'not_found' | 'not_permitted' | 'last_owner'): Refusal {
  if (kind === 'not_found') return new Refusal('not_found');
  if (kind === 'not_permitted') return new Refusal('permission_denied');
  return new Refusal('conflict', { detail: 'The organization would have no owner.' });
}

function memberJson(member: z.output<typeof memberViewSchema>) {
  return {
    account_id: member.accountId,
    email: member.email,
    name: member.name,
    role: member.role,
    second_factor: member.hasSecondFactor,
    joined_at: member.joinedAt,
  };
}
