import type { assertionResponseSchema } from '@gatehouse/contracts/passkeys';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { inTransaction } from '../database/rows.store.js';
import { CLIENT_ALLOWANCES, clientSubject } from '../limits/allowance.js';
import { takeAllowance } from '../limits/allowances.store.js';
import type { Origin } from '../origin.js';
import {
  countChallengeAttempt,
  findChallenge,
  type OpenChallenge,
  spendChallenge,
} from '../sign-in/challenges.store.js';
import { proceed } from '../sign-in/proceed.store.js';
import type { Proceeded } from '../sign-in/proceeded.js';
import { addOneTimeToken, spendOneTimeToken } from '../tokens/one-time-tokens.store.js';
import { hashSecretToken } from '../tokens/secret-token.js';
import type { PasskeySettings } from './own-passkeys.store.js';
import { findPasskey, passkeysOf, recordUse } from './passkeys.store.js';
import { CEREMONY_SECONDS, challengeOf, signInOptions, verifiedCounter } from './webauthn.js';

/** Which sign-in a ceremony belongs to; null: one by the passkey alone. */
const payloadSchema = z.object({ challengeId: z.string().nullable() });

/** What somebody shows who signs in with a passkey. */
export interface PasskeySignIn {
  /** Of the first factor, whose second step this is; undefined: the passkey alone. */
  readonly challenge: string | undefined;
  readonly response: z.output<typeof assertionResponseSchema>;
  readonly origin: Origin;
}

export type BegunPasskeySignIn =
  | { readonly kind: 'options'; readonly options: Awaited<ReturnType<typeof signInOptions>> }
  | { readonly kind: 'challenge_ended' }
  | { readonly kind: 'too_many_attempts'; readonly retryAfterSeconds: number };

/**
 * Begins a sign-in, or its second step: what the browser gives to its authenticator. Anybody can ask, and each answer is a
 * row; so a client has only so many, which are counted before anything is looked up.
 */
export async function beginPasskeySignIn(
  dataSource: DataSource,
  { challenge, origin }: Omit<PasskeySignIn, 'response'>,
  { party, mailing }: PasskeySettings,
  nowMs: number,
): Promise<BegunPasskeySignIn> {
  const { manager } = dataSource;
  const client = clientSubject(origin.address);
  const retryAfterSeconds = await takeAllowance(manager, CLIENT_ALLOWANCES.passkeySignIns, client, nowMs);
  if (retryAfterSeconds !== undefined) return { kind: 'too_many_attempts', retryAfterSeconds };
  const open = challenge === undefined ? null : await findChallenge(manager, hashSecretToken(challenge), nowMs);
  if (open === undefined) return { kind: 'challenge_ended' };
  const ceremony = {
    purpose: 'passkey_sign_in',
    accountId: open?.accountId ?? null,
    subject: open?.id ?? 'passkey alone',
    payload: { challengeId: open?.id ?? null },
    lifeSeconds: CEREMONY_SECONDS,
  } as const;
  const token = await addOneTimeToken(manager, ceremony, mailing.tokenKey, nowMs);
  const allowed = open === null ? [] : await passkeysOf(manager, open.accountId);
  return { kind: 'options', options: await signInOptions(party, allowed, token) };
}

/**
 * Signs in with what a passkey has signed. An attempt is counted, and its ceremony spent, before the signature is looked
 * at; a passkey that is unknown, of another account, or whose signature is wrong is one answer.
 */
export async function passkeySignIn(
  dataSource: DataSource,
  { challenge, response, origin }: PasskeySignIn,
  { party, mailing }: PasskeySettings,
  nowMs: number,
): Promise<Proceeded | { readonly kind: 'passkey_invalid' | 'challenge_ended' }> {
  const { manager } = dataSource;
  const open = challenge === undefined ? null : await countChallengeAttempt(manager, hashSecretToken(challenge), nowMs);
  if (open === undefined) return { kind: 'challenge_ended' };
  const token = challengeOf(response.response.clientDataJSON) ?? '';
  const spent = await spendOneTimeToken(manager, 'passkey_sign_in', token, mailing.tokenKey, nowMs);
  if (spent === undefined || !isOf(spent.payload, open)) return { kind: 'passkey_invalid' };
  const passkey = await findPasskey(manager, Buffer.from(response.id, 'base64url'));
  if (passkey === undefined) return { kind: 'passkey_invalid' };
  if (open !== null && open.accountId !== passkey.accountId) return { kind: 'passkey_invalid' };
  const counter = await verifiedCounter(party, token, passkey, response);
  if (counter === undefined) return { kind: 'passkey_invalid' };

  return inTransaction(dataSource, async (inside) => {
    if (open !== null && !(await spendChallenge(inside, open.id, nowMs))) return { kind: 'challenge_ended' };
    if (!(await recordUse(inside, passkey, counter, nowMs))) return { kind: 'passkey_invalid' };
    const proven = [...(open?.proven ?? []), 'passkey' as const];
    return proceed(inside, { accountId: passkey.accountId, proven, origin, nowMs });
  });
}

function isOf(payload: unknown, open: OpenChallenge | null): boolean {
  return payloadSchema.parse(payload).challengeId === (open?.id ?? null);
}
