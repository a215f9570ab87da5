import { z } from 'zod';
import { contract } from './contract.js';
import { originSchema, personSchema, proceededSchemas } from './identity.js';
import { plainText } from './plain-text.js';

/** A public key credential's name (Web Authentication, section 6.1): base64url of at most 1,023 bytes. */
const credentialId = z.string().regex(/^[\w-]{1,1364}$/);
const base64url = z.string().regex(/^[\w-]+$/);

/** Options that a browser gives to its authenticator; made by the library, passed through as they are. */
const optionsSchema = z.record(z.string(), z.unknown());

/** What `PublicKeyCredential.toJSON()` says after a registration (Web Authentication Level 3, section 5.1.8). */
export const registrationResponseSchema = z.object({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: base64url.max(4_096),
    attestationObject: base64url.max(65_536),
    transports: z.array(plainText.max(32)).max(16).optional(),
  }),
  authenticatorAttachment: z.string().max(32).nullish(),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
});

/** The same after a sign-in. */
export const assertionResponseSchema = z.object({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: base64url.max(4_096),
    authenticatorData: base64url.max(4_096),
    signature: base64url.max(4_096),
    userHandle: base64url.max(128).nullish(),
  }),
  authenticatorAttachment: z.string().max(32).nullish(),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
});

export const passkeyViewSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
});

const notNow = [
  z.strictObject({ kind: z.literal('session_ended') }),
  z.strictObject({ kind: z.literal('reauth_required') }),
] as const;

/** Begins to add a passkey: takes a session that its owner opened lately. */
export const beginPasskey = contract(
  'gatehouse.v1.identity.passkeys.begin',
  z.strictObject({ person: personSchema }),
  z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('options'), options: optionsSchema }), ...notNow]),
);

/** Adds the passkey that was made for the options. */
export const addPasskey = contract(
  'gatehouse.v1.identity.passkeys.add',
  z.strictObject({ person: personSchema, name: plainText.min(1).max(60), response: registrationResponseSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('added'), passkey: passkeyViewSchema }),
    z.strictObject({ kind: z.literal('passkey_invalid') }),
    z.strictObject({ kind: z.literal('too_many') }),
    ...notNow,
  ]),
);

export const listPasskeys = contract(
  'gatehouse.v1.identity.passkeys.list',
  z.strictObject({ person: personSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('listed'), passkeys: z.array(passkeyViewSchema) }),
    z.strictObject({ kind: z.literal('session_ended') }),
  ]),
);

/** Takes a passkey away; it opens nothing any more when this returns. */
export const removePasskey = contract(
  'gatehouse.v1.identity.passkeys.remove',
  z.strictObject({ person: personSchema, passkeyId: plainText.max(64) }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('removed') }),
    z.strictObject({ kind: z.literal('not_found') }),
    ...notNow,
  ]),
);

/** Begins a sign-in by a passkey alone; or, with the challenge of a first factor, its second step. */
export const beginPasskeySignIn = contract(
  'gatehouse.v1.identity.passkeys.begin-sign-in',
  z.strictObject({ challenge: z.string().max(200).optional(), origin: originSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('options'), options: optionsSchema }),
    z.strictObject({ kind: z.literal('challenge_ended') }),
    z.strictObject({ kind: z.literal('too_many_attempts'), retryAfterSeconds: z.number().int() }),
  ]),
);

/** Signs in with what a passkey has signed. */
export const passkeySignIn = contract(
  'gatehouse.v1.identity.passkeys.sign-in',
  z.strictObject({
    challenge: z.string().max(200).optional(),
    response: assertionResponseSchema,
    origin: originSchema,
  }),
  z.discriminatedUnion('kind', [
    ...proceededSchemas,
    z.strictObject({ kind: z.literal('passkey_invalid') }),
    z.strictObject({ kind: z.literal('challenge_ended') }),
  ]),
);
