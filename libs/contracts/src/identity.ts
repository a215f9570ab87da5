import { z } from 'zod';
import { actorSchema, roleSchema } from './actor.js';
import { contract } from './contract.js';
import { organizationLimitsSchema } from './keys.js';
import { plainText, typedEmail } from './plain-text.js';

/** Where a sign-in comes from, for the session list and the audit log. */
export const originSchema = z.strictObject({
  address: z.string(),
  userAgent: z.string().max(512),
  requestId: z.string(),
});

export const accountViewSchema = z.strictObject({
  id: z.string(),
  email: z.string(),
  name: z.string(),
});

export const membershipSchema = z.strictObject({
  organizationId: z.string(),
  organizationName: z.string(),
  plan: z.string(),
  role: roleSchema,
});
export type Membership = z.infer<typeof membershipSchema>;

/** What a session has not shown, and an organization asks for. */
export const wantedProofSchema = z.enum(['second_factor', 'sso']);

/** An organization that the account belongs to, and that this session may not enter. */
export const closedOrganizationSchema = z.strictObject({
  organizationId: z.string(),
  organizationName: z.string(),
  wants: z.array(wantedProofSchema),
});
export type ClosedOrganization = z.infer<typeof closedOrganizationSchema>;

/** A session as its owner's browser holds it: the token is in this answer only, stored as a hash. */
const signedInSchema = z.strictObject({
  kind: z.literal('signed_in'),
  sessionToken: z.string(),
  accessToken: z.string(),
  accessTokenTtlSeconds: z.number().int(),
  absoluteExpiresAt: z.iso.datetime(),
  account: accountViewSchema,
});

/** What an account can be asked for after its first factor. */
export const secondFactorSchema = z.enum(['passkey', 'totp', 'backup_code']);

export const secondFactorRequiredSchema = z.strictObject({
  kind: z.literal('second_factor_required'),
  challenge: z.string(),
  methods: z.array(secondFactorSchema),
  expiresInSeconds: z.number().int(),
});

/** Where a sign-in stands after any of its steps. The challenge opens nothing but its next step. */
export const proceededSchemas = [
  signedInSchema,
  secondFactorRequiredSchema,
  z.strictObject({ kind: z.literal('account_disabled') }),
] as const;

/** Somebody who changes the own account: the session in which it is asked, and where from. */
export const personSchema = z.strictObject({
  accountId: plainText.max(64),
  sessionId: plainText.max(64),
  origin: originSchema,
});

/** Why a password, or an address, may not be set. */
export const passwordRefused = z.strictObject({
  kind: z.literal('refused'),
  code: z.enum(['password_too_short', 'password_too_long', 'password_too_common', 'email_invalid']),
  message: z.string(),
});

/** Creates the first administrator, with the one-time token that the first start printed. */
export const claimInstallation = contract(
  'gatehouse.v1.identity.claim',
  z.strictObject({
    token: z.string().max(200),
    email: typedEmail,
    password: z.string().max(4096),
    name: plainText.max(120).default(''),
    origin: originSchema,
  }),
  z.discriminatedUnion('kind', [
    ...proceededSchemas,
    z.strictObject({ kind: z.literal('token_invalid') }),
    passwordRefused,
    z.strictObject({ kind: z.literal('busy'), retryAfterSeconds: z.number().int() }),
  ]),
);

/** Password sign-in. Unknown address and wrong password are one answer, after the same work. */
export const signIn = contract(
  'gatehouse.v1.identity.sign-in',
  z.strictObject({
    email: typedEmail,
    password: z.string().max(4096),
    /** What a browser keeps that has signed in here before. */
    deviceToken: z.string().max(200).optional(),
    origin: originSchema,
  }),
  z.discriminatedUnion('kind', [
    ...proceededSchemas,
    z.strictObject({ kind: z.literal('credentials_invalid') }),
    z.strictObject({ kind: z.literal('too_many_attempts'), retryAfterSeconds: z.number().int() }),
    z.strictObject({ kind: z.literal('busy'), retryAfterSeconds: z.number().int() }),
  ]),
);

/**
 * Who is behind a session cookie or an access token, now. Counts as activity: extends the session.
 * `csrfToken` is bound to the session; the gateway compares it on writes that came with the cookie.
 */
export const authenticateSession = contract(
  'gatehouse.v1.identity.authenticate',
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('session'),
      sessionToken: z.string().max(200),
      wantAccessToken: z.boolean().default(false),
    }),
    z.strictObject({ kind: z.literal('access_token'), accessToken: z.string().max(8192) }),
  ]),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('authenticated'),
      sessionId: z.string(),
      account: accountViewSchema,
      /** Where the session may act. */
      memberships: z.array(membershipSchema),
      closedOrganizations: z.array(closedOrganizationSchema).default([]),
      /** Whether the account runs this installation. */
      isOperator: z.boolean(),
      csrfToken: z.string(),
      accessToken: z.string().nullable(),
      accessTokenTtlSeconds: z.number().int(),
      expiresAt: z.iso.datetime(),
      absoluteExpiresAt: z.iso.datetime(),
    }),
    z.strictObject({
      kind: z.literal('refused'),
      code: z.enum(['session_unknown', 'session_ended', 'token_invalid', 'token_expired']),
    }),
  ]),
);

/** Ends one session. Ending an ended session is the same answer. */
export const signOut = contract(
  'gatehouse.v1.identity.sign-out',
  z.strictObject({ sessionId: z.string(), origin: originSchema }),
  z.strictObject({ kind: z.literal('signed_out') }),
);

export const projectViewSchema = z.strictObject({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  organizationId: z.string(),
  createdAt: z.iso.datetime(),
});

export const listProjects = contract(
  'gatehouse.v1.identity.projects.list',
  z.strictObject({ actor: actorSchema }),
  z.strictObject({ kind: z.literal('listed'), projects: z.array(projectViewSchema) }),
);

export const createProject = contract(
  'gatehouse.v1.identity.projects.create',
  z.strictObject({ actor: actorSchema, name: plainText.min(1).max(120), slug: z.string().max(60).optional() }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('created'), project: projectViewSchema }),
    z.strictObject({
      kind: z.literal('refused'),
      code: z.enum(['slug_taken', 'slug_invalid', 'permission_denied']),
      message: z.string(),
    }),
  ]),
);

/** Finds a project of the actor's organization by id or slug; without either, the organization's first one. */
export const findProject = contract(
  'gatehouse.v1.identity.projects.find',
  z.strictObject({ actor: actorSchema, project: plainText.max(64).optional() }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('found'), project: projectViewSchema, plan: z.string() }),
    z.strictObject({ kind: z.literal('not_found') }),
  ]),
);

/**
 * What the operator of the installation says of an organization: its plan, quotas of its own in place of the plan's [A9],
 * whether it is suspended. What is not named stays. The keys service is told afterwards, by who asked.
 */
export const setOrganization = contract(
  'gatehouse.v1.identity.organizations.set',
  z.strictObject({
    accountId: z.string(),
    organizationId: plainText.max(64),
    plan: plainText.min(1).max(64).optional(),
    limits: organizationLimitsSchema.nullable().optional(),
    suspended: z.boolean().optional(),
    origin: originSchema,
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('set'),
      plan: z.string(),
      limits: organizationLimitsSchema.nullable(),
      suspended: z.boolean(),
    }),
    z.strictObject({ kind: z.literal('not_found') }),
    z.strictObject({ kind: z.literal('not_permitted') }),
  ]),
);

/** The public keys that access tokens are signed with (RFC 7517). */
export const publishedKeys = contract(
  'gatehouse.v1.identity.jwks',
  z.strictObject({}),
  z.strictObject({ kind: z.literal('jwks'), keys: z.array(z.record(z.string(), z.unknown())) }),
);
