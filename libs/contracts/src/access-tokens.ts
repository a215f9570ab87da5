import { z } from 'zod';
import { roleSchema } from './actor.js';
import { contract } from './contract.js';
import { originSchema, secondFactorRequiredSchema } from './identity.js';
import { organizationLimitsSchema } from './keys.js';
import { typedEmail } from './plain-text.js';

/** Whose tokens an API takes: those of a sign-in to the platform's own pages, those issued for this API. */
const tokenAudienceSchema = z.enum(['platform', 'own']);

/**
 * Who is behind an access token that came with a request to a published API, and what that person's organization may use,
 * now: an ended session or grant, a disabled account and a lost membership are refused with the next request. Counts as
 * activity of the session.
 */
export const judgeAccessToken = contract(
  'gatehouse.v1.identity.tokens.judge',
  z.strictObject({
    accessToken: z.string().max(8192),
    api: z.string().max(64),
    accepts: z.array(tokenAudienceSchema).min(1).max(2),
  }),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('valid'),
      accountId: z.string(),
      sessionId: z.string(),
      organizationId: z.string(),
      plan: z.string(),
      /** Of the account in this organization, at this moment. */
      role: roleSchema,
      /** What the operator has set in place of the plan's quotas. */
      limits: organizationLimitsSchema.nullable(),
      suspended: z.boolean(),
    }),
    z.strictObject({
      kind: z.literal('refused'),
      code: z.enum(['token_invalid', 'token_expired', 'token_ended', 'membership_missing']),
    }),
  ]),
);

/** A pair, in this answer only: the refresh token is kept as a hash, the access token not at all. */
const issuedSchema = z.strictObject({
  kind: z.literal('issued'),
  accessToken: z.string(),
  accessTokenTtlSeconds: z.number().int(),
  refreshToken: z.string(),
  /** Where the last of the old ones was the second factor: the new ones, shown here only [M-07]. */
  newBackupCodes: z.array(z.string()).nullable(),
});

/** For which client tokens are made, and what its refresh tokens begin with. */
const clientFields = {
  clientId: z.string().max(64),
  refreshPrefix: z.string().max(30),
  origin: originSchema,
};

/**
 * Signs a person in for one API, for a program that the person uses: with the attempts, the delays and the second factor of
 * the platform's own sign-in.
 */
export const signInForTokens = contract(
  'gatehouse.v1.identity.tokens.sign-in',
  z.strictObject({
    email: typedEmail,
    password: z.string().max(4096),
    secondFactor: z.string().max(64).optional(),
    api: z.string().max(64),
    ...clientFields,
  }),
  z.discriminatedUnion('kind', [
    issuedSchema,
    secondFactorRequiredSchema,
    z.strictObject({ kind: z.literal('second_factor_invalid') }),
    z.strictObject({ kind: z.literal('account_disabled') }),
    z.strictObject({ kind: z.literal('credentials_invalid') }),
    z.strictObject({ kind: z.literal('too_many_attempts'), retryAfterSeconds: z.number().int() }),
    z.strictObject({ kind: z.literal('busy'), retryAfterSeconds: z.number().int() }),
  ]),
);

/** Exchanges a refresh token for a new pair. Why one is refused is not said: it is unknown, spent, over, or another client's. */
export const refreshTokens = contract(
  'gatehouse.v1.identity.tokens.refresh',
  z.strictObject({ refreshToken: z.string().max(200), ...clientFields }),
  z.discriminatedUnion('kind', [issuedSchema, z.strictObject({ kind: z.literal('refused') })]),
);

/**
 * Ends what a token belongs to (RFC 7009): the session of an access token, the family of a refresh token. A token that is
 * unknown or over is revoked already. A client that is named must be the token's own.
 */
export const revokeToken = contract(
  'gatehouse.v1.identity.tokens.revoke',
  z.strictObject({ token: z.string().max(8192), clientId: z.string().max(64).nullable(), origin: originSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('revoked') }),
    z.strictObject({ kind: z.literal('other_client') }),
  ]),
);

/**
 * What a token says while it stands (RFC 7662), to an organization that it acts for. A token that is unknown, over, ended or
 * of another organization is inactive, and why is not said.
 */
export const introspectToken = contract(
  'gatehouse.v1.identity.tokens.introspect',
  z.strictObject({ token: z.string().max(8192), organizationId: z.string().max(64) }),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('active'),
      use: z.enum(['access', 'refresh']),
      accountId: z.string(),
      sessionId: z.string(),
      clientId: z.string(),
      audience: z.string(),
      issuer: z.string(),
      /** Null: a refresh token has none. */
      tokenId: z.string().nullable(),
      /** Unix seconds. */
      issuedAt: z.number().int(),
      expiresAt: z.number().int(),
    }),
    z.strictObject({ kind: z.literal('inactive') }),
  ]),
);

/**
 * Lets the next signing key sign from now on; tokens of the one before go on until they expire. `drop`: that one may have
 * leaked, so it is removed, and every token that it signed is refused within a minute.
 */
export const rotateSigningKeys = contract(
  'gatehouse.v1.identity.signing-keys.rotate',
  z.strictObject({ accountId: z.string(), drop: z.boolean(), origin: originSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('rotated'), currentKid: z.string(), publishedKids: z.array(z.string()) }),
    z.strictObject({ kind: z.literal('not_permitted') }),
  ]),
);
