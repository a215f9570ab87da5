import { z } from 'zod';
import { contract } from './contract.js';
import { originSchema, personSchema, proceededSchemas } from './identity.js';

/** A code as it was typed; what spelling it has is identity's to say. */
const typedCode = z.string().max(200);

const [signedIn, secondFactorRequired, accountDisabled] = proceededSchemas;
const sessionEnded = z.strictObject({ kind: z.literal('session_ended') });
const reauthRequired = z.strictObject({ kind: z.literal('reauth_required') });
const codeWrong = z.strictObject({ kind: z.literal('code_wrong') });
const tooManyAttempts = z.strictObject({
  kind: z.literal('too_many_attempts'),
  retryAfterSeconds: z.number().int().positive(),
});
const secondFactorOff = z.strictObject({ kind: z.literal('second_factor_off') });
/** In clear in the one answer that makes them; stored as hashes. */
const backupCodes = z.array(z.string());

/** The second step of a sign-in: the challenge that the first step gave, and a code for it [T12, T15, T19]. */
export const answerChallenge = contract(
  'gatehouse.v1.identity.second-factor.answer',
  z.strictObject({ challenge: z.string().max(200), code: typedCode, origin: originSchema }),
  z.discriminatedUnion('kind', [
    /** `newBackupCodes`: this was the last one of the old ones, and these take their place [M-07]. */
    signedIn.extend({ newBackupCodes: backupCodes.nullable() }),
    secondFactorRequired,
    accountDisabled,
    codeWrong,
    tooManyAttempts,
    /** There is no such challenge, it was used, it is over, or it has compared as many codes as it may. */
    z.strictObject({ kind: z.literal('challenge_ended') }),
  ]),
);

/** What the own account has set up beside its first factor. */
export const getSecondFactors = contract(
  'gatehouse.v1.identity.second-factor.get',
  z.strictObject({ person: personSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('found'),
      /** Since when codes of an authenticator are asked for; null: they are not. */
      totpSince: z.iso.datetime().nullable(),
      passkeys: z.number().int(),
      backupCodesLeft: z.number().int(),
    }),
    sessionEnded,
  ]),
);

/** Begins to set up an authenticator. Nothing is asked for at sign-in before a first code of it was right [H-055]. */
export const enrolTotp = contract(
  'gatehouse.v1.identity.second-factor.enrol',
  z.strictObject({ person: personSchema }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('enrolling'), secret: z.string(), otpauthUri: z.string() }),
    sessionEnded,
    reauthRequired,
  ]),
);

/** Ends setting up with a code of the authenticator; every other session ends [T14]. */
export const confirmTotp = contract(
  'gatehouse.v1.identity.second-factor.confirm',
  z.strictObject({ person: personSchema, code: typedCode }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('confirmed'), backupCodes }),
    /** Nothing is being set up in this session, or it began too long ago. */
    z.strictObject({ kind: z.literal('enrolment_missing') }),
    sessionEnded,
    reauthRequired,
    codeWrong,
    tooManyAttempts,
  ]),
);

/** Removes the authenticator and every backup code, with a code of the authenticator; every other session ends [T16]. */
export const disableTotp = contract(
  'gatehouse.v1.identity.second-factor.disable',
  z.strictObject({ person: personSchema, code: typedCode }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('disabled') }),
    secondFactorOff,
    sessionEnded,
    reauthRequired,
    codeWrong,
    tooManyAttempts,
  ]),
);

/** Makes new backup codes in place of all earlier ones, with a code of the authenticator [T21]. */
export const renewBackupCodes = contract(
  'gatehouse.v1.identity.second-factor.renew-codes',
  z.strictObject({ person: personSchema, code: typedCode }),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('renewed'), backupCodes }),
    secondFactorOff,
    sessionEnded,
    reauthRequired,
    codeWrong,
    tooManyAttempts,
  ]),
);
