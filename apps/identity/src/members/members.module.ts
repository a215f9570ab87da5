import type { Provider, Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Mailing } from '../mail/mailing.store.js';
import { accept, invite, openInvitationsOf, withdraw } from './invitations.store.js';
import { MEMBERS_DOOR, MembersController, type MembersDoor } from './members.controller.js';
import { changeMembership, membersOf } from './members.store.js';

interface MembersParts {
  readonly dataSource: DataSource;
  readonly mailing: Mailing;
  nowMs(): number;
}

export const MEMBER_CONTROLLERS: readonly Type[] = [MembersController];

/** What stands behind memberships and invitations. */
export function memberProviders(parts: MembersParts): Provider[] {
  return [{ provide: MEMBERS_DOOR, useValue: membersDoor(parts) }];
}

function membersDoor({ dataSource, mailing, nowMs }: MembersParts): MembersDoor {
  const { manager } = dataSource;
  return {
    membersOf: (organizationId) => membersOf(manager, organizationId),
    changeMembership: (...change) => changeMembership(dataSource, ...change, nowMs()),
    invite: (...invitation) => invite(dataSource, mailing, ...invitation, nowMs()),
    openInvitationsOf: (organizationId) => openInvitationsOf(manager, organizationId, nowMs()),
    withdraw: (...invitation) => withdraw(dataSource, ...invitation, nowMs()),
    accept: (person, token) => accept(dataSource, mailing, person, token, nowMs()),
  };
}
