import { serve } from '@gatehouse/bus/serve.server';
import type { Actor, Role } from '@gatehouse/contracts/actor';
import {
  acceptInvitation,
  changeMember,
  inviteMember,
  listInvitations,
  listMembers,
  removeMember,
  withdrawInvitation,
} from '@gatehouse/contracts/members';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type EmailAddress, isEmailAddress, normaliseEmail } from '../accounts/email.js';
import type { Person } from '../sessions/own-session.store.js';
import type { AcceptOutcome, Invitation, InviteOutcome } from './invitations.store.js';
import type { Member, MemberActor, MembershipOutcome } from './members.store.js';

export const MEMBERS_DOOR = Symbol('members door');

export interface MembersDoor {
  membersOf(organizationId: string): Promise<Member[]>;
  changeMembership(actor: MemberActor, accountId: string, newRole: Role | null): Promise<MembershipOutcome>;
  invite(actor: MemberActor, email: EmailAddress, role: Role): Promise<InviteOutcome>;
  openInvitationsOf(organizationId: string): Promise<Invitation[]>;
  withdraw(actor: MemberActor, invitationId: string): Promise<'withdrawn' | 'not_permitted' | 'not_found'>;
  accept(person: Person, token: string): Promise<AcceptOutcome>;
}

/** Who belongs to the actor's organization, as what, and who is invited. */
@Controller()
export class MembersController {
  constructor(@Inject(MEMBERS_DOOR) private readonly door: MembersDoor) {}

  @MessagePattern(listMembers.subject)
  list(@Payload() payload: unknown): Promise<unknown> {
    return serve(listMembers, payload, async ({ actor }) => ({
      kind: 'listed' as const,
      members: (await this.door.membersOf(actor.organizationId)).map(memberView),
    }));
  }

  @MessagePattern(changeMember.subject)
  change(@Payload() payload: unknown): Promise<unknown> {
    return serve(changeMember, payload, async ({ actor, userAgent, accountId, role }) => {
      const outcome = await this.door.changeMembership(actorOf(actor, userAgent), accountId, role);
      return outcome === 'done' ? { kind: 'changed' as const, role } : { kind: outcome };
    });
  }

  @MessagePattern(removeMember.subject)
  remove(@Payload() payload: unknown): Promise<unknown> {
    return serve(removeMember, payload, async ({ actor, userAgent, accountId }) => {
      const outcome = await this.door.changeMembership(actorOf(actor, userAgent), accountId, null);
      return { kind: outcome === 'done' ? ('removed' as const) : outcome };
    });
  }

  @MessagePattern(inviteMember.subject)
  invite(@Payload() payload: unknown): Promise<unknown> {
    return serve(inviteMember, payload, async ({ actor, userAgent, email: typed, role }) => {
      const email = normaliseEmail(typed);
      if (!isEmailAddress(email)) {
        return { kind: 'email_invalid' as const, message: 'This is not an e-mail address.' };
      }
      const outcome = await this.door.invite(actorOf(actor, userAgent), email, role);
      if (outcome.kind !== 'invited') return outcome;
      return { kind: outcome.kind, invitation: invitationView(outcome.invitation) };
    });
  }

  @MessagePattern(listInvitations.subject)
  listInvitations(@Payload() payload: unknown): Promise<unknown> {
    return serve(listInvitations, payload, async ({ actor }) => ({
      kind: 'listed' as const,
      invitations: (await this.door.openInvitationsOf(actor.organizationId)).map(invitationView),
    }));
  }

  @MessagePattern(withdrawInvitation.subject)
  withdraw(@Payload() payload: unknown): Promise<unknown> {
    return serve(withdrawInvitation, payload, async ({ actor, userAgent, invitationId }) => ({
      kind: await this.door.withdraw(actorOf(actor, userAgent), invitationId),
    }));
  }

  @MessagePattern(acceptInvitation.subject)
  accept(@Payload() payload: unknown): Promise<unknown> {
    return serve(acceptInvitation, payload, ({ person, token }) => this.door.accept(person, token));
  }
}

function actorOf({ accountId, organizationId, address, requestId }: Actor, userAgent: string): MemberActor {
  return { accountId, organizationId, origin: { address, requestId, userAgent } };
}

function memberView({ joinedAtMs, ...member }: Member) {
  return { ...member, joinedAt: new Date(joinedAtMs).toISOString() };
}

function invitationView({ createdAtMs, expiresAtMs, ...invitation }: Invitation) {
  return {
    ...invitation,
    createdAt: new Date(createdAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
  };
}
