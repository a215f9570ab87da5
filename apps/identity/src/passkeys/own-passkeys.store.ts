import type { registrationResponseSchema } from '@gatehouse/contracts/passkeys';
import type { DataSource, EntityManager } from 'typeorm';
import type { z } from 'zod';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { newId } from '../new-id.js';
import { findOwnSession, type OwnSession, type Person } from '../sessions/own-session.store.js';
import type { Session } from '../sessions/session.js';
import { addOneTimeToken, spendOneTimeToken } from '../tokens/one-time-tokens.store.js';
import { deletePasskey, insertPasskey, passkeysOf } from './passkeys.store.js';
import {
  CEREMONY_SECONDS,
  challengeOf,
  type Passkey,
  type RelyingParty,
  registrationOptions,
  verifiedRegistration,
} from './webauthn.js';

/** What passkeys need beside the database. */
export interface PasskeySettings {
  readonly party: RelyingParty;
  readonly mailing: Mailing;
}

type NotNow = Exclude<OwnSession['kind'], 'standing'>;

/** More than anybody has devices. */
const MOST_PASSKEYS = 20;

/** Begins to add a passkey to the own account. @returns what the browser gives to its authenticator */
export function beginPasskey(
  dataSource: DataSource,
  person: Person,
  { party, mailing }: PasskeySettings,
  nowMs: number,
): Promise<NotNow | Awaited<ReturnType<typeof registrationOptions>>> {
  return inTransaction(dataSource, async (manager) => {
    const own = await findOwnSession(manager, person, true, nowMs);
    if (own.kind !== 'standing') return own.kind;
    const { accountId, sessionId } = person;
    const ceremony = {
      purpose: 'passkey_registration',
      accountId,
      subject: sessionId,
      payload: {},
      lifeSeconds: CEREMONY_SECONDS,
    } as const;
    const token = await addOneTimeToken(manager, ceremony, mailing.tokenKey, nowMs);
    return registrationOptions(party, own.session.account, await passkeysOf(manager, accountId), token);
  });
}

/**
 * Adds the passkey that an authenticator has made. The ceremony is spent whatever comes of it, and belongs to the session
 * that began it.
 */
export async function addPasskey(
  dataSource: DataSource,
  person: Person,
  name: string,
  response: z.output<typeof registrationResponseSchema>,
  { party, mailing }: PasskeySettings,
  nowMs: number,
): Promise<Passkey | 'passkey_invalid' | 'too_many' | NotNow> {
  const token = challengeOf(response.response.clientDataJSON) ?? '';
  const spent = await spendOneTimeToken(dataSource.manager, 'passkey_registration', token, mailing.tokenKey, nowMs);
  if (spent?.subject !== person.sessionId) return 'passkey_invalid';
  const verified = await verifiedRegistration(party, token, response);
  if (verified === undefined) return 'passkey_invalid';
  const { accountId } = person;
  const passkey = { id: newId('psk'), accountId, name, createdAtMs: nowMs, lastUsedAtMs: null, ...verified };
  return inTransaction(dataSource, async (manager) => {
    await lockFactors(manager, accountId);
    const own = await findOwnSession(manager, person, true, nowMs);
    if (own.kind !== 'standing') return own.kind;
    if ((await passkeysOf(manager, accountId)).length >= MOST_PASSKEYS) return 'too_many';
    if (!(await insertPasskey(manager, passkey))) return 'passkey_invalid';
    await tell(manager, 'passkey.added', own.session, passkey.id, name, person, mailing, nowMs);
    return passkey;
  });
}

/** The passkeys of the own account. */
export function listPasskeys(
  dataSource: DataSource,
  person: Person,
  nowMs: number,
): Promise<readonly Passkey[] | 'session_ended'> {
  return inTransaction(dataSource, async (manager) => {
    const own = await findOwnSession(manager, person, false, nowMs);
    return own.kind === 'standing' ? passkeysOf(manager, person.accountId) : 'session_ended';
  });
}

/** Takes a passkey of the own account away. */
export function removePasskey(
  dataSource: DataSource,
  person: Person,
  passkeyId: string,
  { mailing }: PasskeySettings,
  nowMs: number,
): Promise<'removed' | 'not_found' | NotNow> {
  return inTransaction(dataSource, async (manager) => {
    await lockFactors(manager, person.accountId);
    const own = await findOwnSession(manager, person, true, nowMs);
    if (own.kind !== 'standing') return own.kind;
    const name = await deletePasskey(manager, person.accountId, passkeyId);
    if (name === undefined) return 'not_found';
    await tell(manager, 'passkey.removed', own.session, passkeyId, name, person, mailing, nowMs);
    return 'removed';
  });
}

/** No sign-in goes on while what it has to ask for changes: a step reads the account's row under a lock that this excludes. */
async function lockFactors(manager: EntityManager, accountId: string): Promise<void> {
  await rowsOf(manager, 'SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE', [accountId]);
}

async function tell(
  manager: EntityManager,
  action: 'passkey.added' | 'passkey.removed',
  { account }: Session,
  target: string,
  name: string,
  { origin }: Person,
  mailing: Mailing,
  nowMs: number,
): Promise<void> {
  const entry = { action, actorAccountId: account.id, organizationId: null, target, origin, atMs: nowMs };
  await recordAudit(manager, [entry]);
  const template = action === 'passkey.added' ? 'passkey-added' : 'passkey-removed';
  const parameters = { name, when: new Date(nowMs).toISOString(), address: origin.address };
  await mailing.queue(manager, { to: account.email, accountId: account.id, template, parameters }, nowMs);
}
