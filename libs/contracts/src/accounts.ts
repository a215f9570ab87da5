import { z } from 'zod';
import { contract } from './contract.js';
import { originSchema, passwordRefused, personSchema, proceededSchemas } from './identity.js';
import { plainText, typedEmail } from './plain-text.js';

const password = z.string().max(4096);
const linkToken = z.string().max(200);
const deviceToken = z.string().max(200);

const tooManyAttempts = z.strictObject({
  kind: z.literal('too_many_attempts'),
  retryAfterSeconds: z.number().int(),
});
const busy = z.strictObject({ kind: z.literal('busy'), retryAfterSeconds: z.number().int() });
const linkInvalid = z.strictObject({ kind: z.literal('link_invalid') });
const sessionEnded = z.strictObject({ kind: z.literal('session_ended') });

/** Takes a sign-up; there is no account before its link is followed. Known addresses are answered like unknown ones. */
export const signUp = contract(
  'gatehouse.v1.identity.sign-up',
  z.strictObject({ email: typedEmail, password, name: plainText.max(120), origin: originSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('verification_sent') }),
    passwordRefused,
    tooManyAttempts,
    busy,
  ]),
);

/** Follows the link of a sign-up: makes the account. Signs nobody in. `password`: in place of that of the sign-up. */
export const verifyEmail = contract(
  'gatehouse.v1.identity.email.verify',
  z.strictObject({ token: linkToken, password: password.optional(), origin: originSchema }),
  z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('verified') }), linkInvalid, passwordRefused, busy]),
);

/** Asks for a mail to an address, known or not: a reset link, or the link of a sign-up once more. */
export const askForMail = contract(
  'gatehouse.v1.identity.mail.ask',
  z.strictObject({ mail: z.enum(['password_reset', 'verification']), email: typedEmail, origin: originSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('asked') }),
    z.strictObject({ kind: z.literal('email_invalid') }),
    tooManyAttempts,
  ]),
);

/** Follows a reset link: sets a password and ends every access of the account. Signs nobody in. */
export const resetPassword = contract(
  'gatehouse.v1.identity.password.reset',
  z.strictObject({ token: linkToken, newPassword: password, origin: originSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('password_reset') }),
    linkInvalid,
    passwordRefused,
    busy,
  ]),
);

/** Sets another password, for whoever knows the present one: ends every access, and goes on in a new session [T24]. */
export const changePassword = contract(
  'gatehouse.v1.identity.password.change',
  z.strictObject({
    person: personSchema,
    currentPassword: password,
    newPassword: password,
    deviceToken: deviceToken.optional(),
  }),
  z.discriminatedUnion('kind', [
    ...proceededSchemas,
    sessionEnded,
    z.strictObject({ kind: z.literal('password_wrong') }),
    passwordRefused,
    tooManyAttempts,
    busy,
  ]),
);

/** Mails a link to the address that an account shall have. */
export const askEmailChange = contract(
  'gatehouse.v1.identity.email.change',
  z.strictObject({ person: personSchema, email: typedEmail }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('verification_sent') }),
    z.strictObject({ kind: z.literal('email_invalid') }),
    sessionEnded,
    z.strictObject({ kind: z.literal('reauth_required') }),
  ]),
);

/** Follows the link to a new address. */
export const confirmEmailChange = contract(
  'gatehouse.v1.identity.email.change-confirm',
  z.strictObject({ token: linkToken, origin: originSchema }),
  z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('email_changed') }), linkInvalid]),
);

/** Follows the link that takes a change of address back. */
export const undoEmailChange = contract(
  'gatehouse.v1.identity.email.change-undo',
  z.strictObject({ token: linkToken, origin: originSchema }),
  z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('email_restored') }), linkInvalid]),
);

/** Knows the device of whoever has just signed in from now on. `deviceToken` is there where it has to keep a new one. */
export const rememberDevice = contract(
  'gatehouse.v1.identity.devices.remember',
  z.strictObject({ sessionToken: z.string().max(200), deviceToken: deviceToken.optional() }),
  z.strictObject({
    kind: z.literal('remembered'),
    deviceToken: z.string().nullable(),
    keptSeconds: z.number().int(),
  }),
);

/** What an operator decides about the account of somebody else. None of it chooses a password [P-16]. */
export const changeAccount = contract(
  'gatehouse.v1.identity.accounts.change',
  z.strictObject({
    person: personSchema,
    accountId: plainText.max(64),
    change: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('reset_password') }),
      z.strictObject({ kind: z.literal('disable'), reason: plainText.max(500) }),
      z.strictObject({ kind: z.literal('enable') }),
    ]),
  }),
  z.strictObject({ kind: z.enum(['changed', 'session_ended', 'not_permitted', 'not_found', 'own_account']) }),
);

const accountViewSchema = z.strictObject({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  createdAt: z.iso.datetime(),
  /** Null: it is open. */
  disabledAt: z.iso.datetime().nullable(),
  disabledReason: z.string().nullable(),
});

/** An account as an operator sees it. */
export type AccountView = z.output<typeof accountViewSchema>;

/** Looks an account up by its address, for an operator. No account: an empty list. */
export const lookUpAccount = contract(
  'gatehouse.v1.identity.accounts.look-up',
  z.strictObject({ person: personSchema, email: typedEmail }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('found'), accounts: z.array(accountViewSchema) }),
    z.strictObject({ kind: z.literal('email_invalid') }),
    sessionEnded,
    z.strictObject({ kind: z.literal('not_permitted') }),
  ]),
);
