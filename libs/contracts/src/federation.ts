import { z } from 'zod';
import { contract } from './contract.js';
import { originSchema, personSchema, proceededSchemas } from './identity.js';
import { plainText } from './plain-text.js';

/** Who else can say who somebody is. */
export const providerSchema = z.enum(['github', 'sso']);
export type ProviderName = z.infer<typeof providerSchema>;

/**
 * A sign-in with a provider is the one thing that gateway and identity say over HTTP: Passport answers requests, not
 * messages. The gateway shows a secret that both derive, and tells what it knows of the browser in one header.
 */
export const FEDERATION_SECRET_PURPOSE = 'gateway-to-identity';
export const FEDERATION_CONTEXT_HEADER = 'gatehouse-context';

/** What the context header holds, as JSON in base64url. */
export const federationContextSchema = z.strictObject({
  /** The secret that binds both halves of a sign-in to one browser; null: the browser has none. */
  browser: z
    .string()
    .regex(/^[\w-]{43}$/)
    .nullable(),
  origin: originSchema,
  /** Who asks to have an identity linked; null: somebody signs in. */
  linker: z.strictObject({ accountId: plainText.max(64), sessionId: plainText.max(64) }).nullable(),
});
export type FederationContext = z.infer<typeof federationContextSchema>;

/** Why a browser is not sent to a provider. */
export const beginRefusedSchema = z.strictObject({
  kind: z.literal('refused'),
  code: z.enum(['provider_unavailable', 'too_many_attempts', 'session_ended', 'reauth_required']),
});

/** How a sign-in with a provider ended, or how it goes on. */
export const federationOutcomeSchema = z.discriminatedUnion('kind', [
  ...proceededSchemas,
  z.strictObject({ kind: z.literal('linked') }),
  z.strictObject({
    kind: z.literal('refused'),
    code: z.enum([
      'state_invalid',
      'provider_refused',
      'provider_unavailable',
      'email_unverified',
      'link_required',
      'identity_taken',
      'not_set_up',
      'session_ended',
    ]),
  }),
]);
export type FederationOutcome = z.infer<typeof federationOutcomeSchema>;

/** Which providers are configured. */
export const listProviders = contract(
  'gatehouse.v1.identity.federation.providers',
  z.strictObject({}),
  z.strictObject({ kind: z.literal('listed'), providers: z.array(providerSchema) }),
);

const identitySchema = z.strictObject({
  id: z.string(),
  provider: providerSchema,
  issuer: z.string(),
  /** As the provider told it last. */
  email: z.string().nullable(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime(),
});
export type IdentityView = z.infer<typeof identitySchema>;

/** The identities at providers that open an account. */
export const listIdentities = contract(
  'gatehouse.v1.identity.federation.list',
  z.strictObject({ accountId: plainText.max(64) }),
  z.strictObject({ kind: z.literal('listed'), identities: z.array(identitySchema) }),
);

/** Takes an identity from an account, and ends every other session; never the last way in. */
export const unlinkIdentity = contract(
  'gatehouse.v1.identity.federation.unlink',
  z.strictObject({ person: personSchema, identityId: plainText.max(64) }),
  z.strictObject({
    kind: z.enum(['unlinked', 'not_found', 'last_way_in', 'session_ended', 'reauth_required']),
  }),
);
