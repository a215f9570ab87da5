import { z } from 'zod';
import { actorSchema, roleSchema } from './actor.js';
import { contract } from './contract.js';
import { originSchema, personSchema } from './identity.js';
import { plainText, typedEmail } from './plain-text.js';

const accountId = plainText.max(64);
const userAgent = originSchema.shape.userAgent;

/** A member as the others of the organization see it. */
export const memberViewSchema = z.strictObject({
  accountId: z.string(),
  email: z.string(),
  name: z.string(),
  role: roleSchema,
  hasSecondFactor: z.boolean(),
  joinedAt: z.iso.datetime(),
});

/** An invitation that was neither accepted nor withdrawn, and is not over; never its token. */
export const invitationViewSchema = z.strictObject({
  id: z.string(),
  email: z.string(),
  role: roleSchema,
  invitedBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});

/** Why a change of who belongs to an organization is refused. */
const memberRefusals = [
  z.strictObject({ kind: z.literal('not_found') }),
  z.strictObject({ kind: z.literal('not_permitted') }),
  /** An organization without an owner could not be led by anybody. */
  z.strictObject({ kind: z.literal('last_owner') }),
] as const;

export const listMembers = contract(
  'gatehouse.v1.identity.members.list',
  z.strictObject({ actor: actorSchema }),
  z.strictObject({ kind: z.literal('listed'), members: z.array(memberViewSchema) }),
);

/** Gives a member another role. It holds at the member's next request. */
export const changeMember = contract(
  'gatehouse.v1.identity.members.change',
  z.strictObject({ actor: actorSchema, userAgent, accountId, role: roleSchema }),
  z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('changed'), role: roleSchema }), ...memberRefusals]),
);

/** Takes a member out of the organization, and ends its sessions; or who asks leaves it. */
export const removeMember = contract(
  'gatehouse.v1.identity.members.remove',
  z.strictObject({ actor: actorSchema, userAgent, accountId }),
  z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('removed') }), ...memberRefusals]),
);

/** Mails an invitation. The answer is the same whether or not the address has an account [H-035]. */
export const inviteMember = contract(
  'gatehouse.v1.identity.invitations.create',
  z.strictObject({ actor: actorSchema, userAgent, email: typedEmail, role: roleSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('invited'), invitation: invitationViewSchema }),
    z.strictObject({ kind: z.literal('not_permitted') }),
    z.strictObject({ kind: z.literal('email_invalid'), message: z.string() }),
    z.strictObject({ kind: z.literal('too_many'), retryAfterSeconds: z.number().int() }),
  ]),
);

export const listInvitations = contract(
  'gatehouse.v1.identity.invitations.list',
  z.strictObject({ actor: actorSchema }),
  z.strictObject({ kind: z.literal('listed'), invitations: z.array(invitationViewSchema) }),
);

/** Voids an invitation before it was accepted. */
export const withdrawInvitation = contract(
  'gatehouse.v1.identity.invitations.withdraw',
  z.strictObject({ actor: actorSchema, userAgent, invitationId: plainText.max(64) }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('withdrawn') }),
    z.strictObject({ kind: z.literal('not_permitted') }),
    z.strictObject({ kind: z.literal('not_found') }),
  ]),
);

/** Who is signed in joins the organization, with the token of the mail that went to the account's own address. */
export const acceptInvitation = contract(
  'gatehouse.v1.identity.invitations.accept',
  z.strictObject({ person: personSchema, token: z.string().max(200) }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('joined'), organizationId: z.string(), role: roleSchema }),
    z.strictObject({ kind: z.literal('session_ended') }),
    z.strictObject({ kind: z.literal('link_invalid') }),
    z.strictObject({ kind: z.literal('already_member') }),
    /** The mail went to another address than that of this account. */
    z.strictObject({ kind: z.literal('other_address') }),
  ]),
);
