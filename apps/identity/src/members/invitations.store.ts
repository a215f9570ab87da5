import { type Role, roleSchema } from '@gatehouse/contracts/actor';
import type { DataSource, EntityManager } from 'typeorm';
import { type EmailAddress, hashEmail, normaliseEmail } from '../accounts/email.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { mailAllowance } from '../limits/allowance.js';
import { takeAllowance } from '../limits/allowances.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { newId } from '../new-id.js';
import { findOwnSession, type Person } from '../sessions/own-session.store.js';
import { addOneTimeToken, spendOneTimeToken, voidOneTimeTokens } from '../tokens/one-time-tokens.store.js';
import { mayInvite } from './judge-membership.js';
import { lockOrganization, type MemberActor, recordMemberChange, rolesOf } from './members.store.js';

const LIFE_SECONDS = 7 * 86_400;

/** An invitation that somebody may still accept. */
export interface Invitation {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly invitedBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

export type InviteOutcome =
  | { readonly kind: 'invited'; readonly invitation: Invitation }
  | { readonly kind: 'not_permitted' }
  | { readonly kind: 'too_many'; readonly retryAfterSeconds: number };

/** Invites an address, by a mail with a one-time link. A second invitation takes the place of the first one. */
export function invite(
  dataSource: DataSource,
  mailing: Mailing,
  actor: MemberActor,
  email: EmailAddress,
  role: Role,
  nowMs: number,
): Promise<InviteOutcome> {
  const { organizationId, accountId } = actor;
  return inTransaction(dataSource, async (manager) => {
    await lockOrganization(manager, organizationId);
    const actorRole = (await rolesOf(manager, organizationId, [accountId])).get(accountId);
    if (!mayInvite(actorRole, role)) return { kind: 'not_permitted' };
    const retryAfterSeconds = await takeAllowance(manager, mailAllowance('invitation'), hashEmail(email), nowMs);
    if (retryAfterSeconds !== undefined) return { kind: 'too_many', retryAfterSeconds };
    await withdrawThoseTo(manager, organizationId, email, nowMs);

    const expiresAtMs = nowMs + LIFE_SECONDS * 1_000;
    const invitation = {
      id: newId('inv'),
      email: email.display,
      role,
      invitedBy: accountId,
      createdAtMs: nowMs,
      expiresAtMs,
    };
    const [names] = await rowsOf<{ organization: string; inviter: string }>(
      manager,
      `INSERT INTO invitations (id, organization_id, email, email_lookup, role, invited_by, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       RETURNING (SELECT name FROM organizations WHERE id = $2) AS organization,
                 (SELECT email FROM accounts WHERE id = $6) AS inviter`,
      [
        invitation.id,
        organizationId,
        email.display,
        email.lookup,
        role,
        accountId,
        new Date(nowMs),
        new Date(expiresAtMs),
      ],
    );
    const token = await addOneTimeToken(
      manager,
      { purpose: 'invitation', accountId: null, subject: invitation.id, payload: {}, lifeSeconds: LIFE_SECONDS },
      mailing.tokenKey,
      nowMs,
    );
    const parameters = {
      organization: names?.organization ?? '',
      inviter: names?.inviter ?? '',
      role,
      link: mailing.link('invitation', token),
    };
    const mail = { to: email.display, accountId: null, template: 'invitation', parameters } as const;
    await mailing.queue(manager, mail, nowMs);
    await recordMemberChange(manager, 'member.invited', actor, invitation.id, nowMs);
    return { kind: 'invited', invitation };
  });
}

interface InvitationRow {
  id: string;
  email: string;
  role: string;
  invited_by: string;
  created_at: Date;
  expires_at: Date;
}

/** The invitations of an organization that may still be accepted, the newest first. */
export async function openInvitationsOf(
  manager: EntityManager,
  organizationId: string,
  nowMs: number,
): Promise<Invitation[]> {
  const rows = await rowsOf<InvitationRow>(
    manager,
    `SELECT id, email, role, invited_by, created_at, expires_at FROM invitations
     WHERE organization_id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > $2
     ORDER BY created_at DESC, id`,
    [organizationId, new Date(nowMs)],
  );
  return rows.map((row) => ({
    id: row.id,
    email: row.email,
    role: roleSchema.parse(row.role),
    invitedBy: row.invited_by,
    createdAtMs: row.created_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
  }));
}

/** Voids an invitation that was not accepted. */
export function withdraw(
  dataSource: DataSource,
  actor: MemberActor,
  invitationId: string,
  nowMs: number,
): Promise<'withdrawn' | 'not_permitted' | 'not_found'> {
  const { organizationId, accountId } = actor;
  return inTransaction(dataSource, async (manager) => {
    await lockOrganization(manager, organizationId);
    const actorRole = (await rolesOf(manager, organizationId, [accountId])).get(accountId);
    if (!mayInvite(actorRole, 'viewer')) return 'not_permitted';
    const [withdrawn] = await rowsOf<{ id: string }>(
      manager,
      `UPDATE invitations SET withdrawn_at = $3
       WHERE id = $1 AND organization_id = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > $3
       RETURNING id`,
      [invitationId, organizationId, new Date(nowMs)],
    );
    if (withdrawn === undefined) return 'not_found';
    await voidOneTimeTokens(manager, ['invitation'], invitationId, nowMs);
    await recordMemberChange(manager, 'invitation.withdrawn', actor, invitationId, nowMs);
    return 'withdrawn';
  });
}

export type AcceptOutcome =
  | { readonly kind: 'joined'; readonly organizationId: string; readonly role: Role }
  | { readonly kind: 'session_ended' | 'link_invalid' | 'already_member' | 'other_address' };

/** Why a transaction that had spent the token must not stand. */
class Refused extends Error {
  constructor(readonly kind: 'already_member' | 'other_address' | 'link_invalid') {
    super(kind);
  }
}

/**
 * Who is signed in joins. The token is spent only where that works, so that an invitation which was opened in the wrong
 * account can still be accepted in the right one.
 */
export async function accept(
  dataSource: DataSource,
  { tokenKey }: Mailing,
  person: Person,
  token: string,
  nowMs: number,
): Promise<AcceptOutcome> {
  try {
    return await inTransaction(dataSource, (manager) => acceptIn(manager, person, token, tokenKey, nowMs));
  } catch (error) {
    if (error instanceof Refused) return { kind: error.kind };
    throw error;
  }
}

async function acceptIn(
  manager: EntityManager,
  person: Person,
  token: string,
  tokenKey: Buffer,
  nowMs: number,
): Promise<AcceptOutcome> {
  const own = await findOwnSession(manager, person, false, nowMs);
  if (own.kind !== 'standing') return { kind: 'session_ended' };
  const spent = await spendOneTimeToken(manager, 'invitation', token, tokenKey, nowMs);
  if (spent === undefined) return { kind: 'link_invalid' };
  const [invitation] = await rowsOf<{ organization_id: string; email_lookup: string; role: string }>(
    manager,
    `UPDATE invitations SET accepted_at = $2
     WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > $2
     RETURNING organization_id, email_lookup, role`,
    [spent.subject, new Date(nowMs)],
  );
  if (invitation === undefined) throw new Refused('link_invalid');
  // Whoever forwards the mail does not pass the membership on: it is for the address that was invited.
  if (normaliseEmail(own.session.account.email).lookup !== invitation.email_lookup) throw new Refused('other_address');
  const { organization_id: organizationId } = invitation;
  const role = roleSchema.parse(invitation.role);
  await lockOrganization(manager, organizationId);
  const joined = await rowsOf(
    manager,
    `INSERT INTO memberships (organization_id, account_id, role, created_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING account_id`,
    [organizationId, person.accountId, role, new Date(nowMs)],
  );
  if (joined.length === 0) throw new Refused('already_member');
  const actor = { accountId: person.accountId, organizationId, origin: person.origin };
  await recordMemberChange(manager, 'member.joined', actor, person.accountId, nowMs);
  return { kind: 'joined', organizationId, role };
}

async function withdrawThoseTo(
  manager: EntityManager,
  organizationId: string,
  email: EmailAddress,
  nowMs: number,
): Promise<void> {
  const withdrawn = await rowsOf<{ id: string }>(
    manager,
    `UPDATE invitations SET withdrawn_at = $3
     WHERE organization_id = $1 AND email_lookup = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL RETURNING id`,
    [organizationId, email.lookup, new Date(nowMs)],
  );
  for (const { id } of withdrawn) await voidOneTimeTokens(manager, ['invitation'], id, nowMs);
}
