import type { DataSource, EntityManager } from 'typeorm';
import type { EmailAddress } from '../accounts/email.js';
import { addPerson } from '../accounts/new-account.store.js';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import type { Origin } from '../origin.js';
import { findOwnSession } from '../sessions/own-session.store.js';
import { proceed } from '../sign-in/proceed.store.js';
import type { Proceeded } from '../sign-in/proceeded.js';
import { accountWithEmail, addIdentity, forgetUnlinked, ownerOf, touchIdentity } from './identities.store.js';
import { type LinkDecision, type LinkRefusal, linkAccount } from './link-account.js';
import { identityNotice } from './notice.js';
import type { Vouched } from './provider.js';
import type { RoundTrip } from './round-trip.js';

/** What a provider has vouched for at the end of a round trip. */
export interface Arrival {
  readonly trip: RoundTrip;
  readonly vouched: Vouched;
  readonly origin: Origin;
  readonly nowMs: number;
}

export type Settled =
  | Proceeded
  | { readonly kind: 'linked' }
  | { readonly kind: 'refused'; readonly code: LinkRefusal | 'session_ended' };

/** Somebody else changed the same account or identity first: what was read does not hold any more. */
class Overtaken extends Error {}

const TRIES = 5;

/**
 * Decides whose account an identity opens and writes what follows from it, all or nothing: the account, the link, and the
 * session or the next step. Where another sign-in was faster, it is decided anew by what is there then.
 */
export async function settle(dataSource: DataSource, arrival: Arrival, mailing: Mailing): Promise<Settled> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await inTransaction(dataSource, (manager) => settleOnce(manager, arrival, mailing));
    } catch (error) {
      if (!(error instanceof Overtaken) || tries === TRIES) throw error;
    }
  }
}

async function settleOnce(manager: EntityManager, arrival: Arrival, mailing: Mailing): Promise<Settled> {
  const { trip, vouched, origin, nowMs } = arrival;
  const { linker } = trip;
  if (linker !== null) {
    await lockAccount(manager, linker.accountId, 'FOR UPDATE');
    const own = await findOwnSession(manager, { ...linker, origin }, false, nowMs);
    if (own.kind !== 'standing') return { kind: 'refused', code: 'session_ended' };
  }
  const owner = await ownerOf(manager, vouched);
  const { email } = vouched;
  const isByEmail = owner === undefined && linker === null && email !== null;
  const byEmail = isByEmail ? await accountWithEmail(manager, email, vouched) : undefined;
  // The account may have had to be waited for, until another sign-in had linked this very identity.
  if (byEmail !== undefined && (await ownerOf(manager, vouched)) !== owner) throw new Overtaken();
  const decision = linkAccount({
    owner,
    linkTo: linker?.accountId,
    email,
    byEmail,
    isInstalled: await isInstalled(manager),
  });
  return carryOut(manager, decision, arrival, mailing);
}

async function carryOut(
  manager: EntityManager,
  decision: LinkDecision,
  arrival: Arrival,
  mailing: Mailing,
): Promise<Settled> {
  const { vouched, origin, nowMs } = arrival;
  const signIn = (accountId: string) => proceed(manager, { accountId, proven: [vouched.provider], origin, nowMs });
  switch (decision.kind) {
    case 'refused':
      return decision;
    case 'sign_in':
      // The account first, as everybody does who locks both.
      await lockAccount(manager, decision.accountId, 'FOR SHARE');
      if (!(await touchIdentity(manager, decision.accountId, vouched, nowMs))) throw new Overtaken();
      return signIn(decision.accountId);
    case 'link':
      if (decision.isNew) await link(manager, decision.accountId, arrival, mailing);
      return { kind: 'linked' };
    case 'link_and_sign_in':
      await link(manager, decision.accountId, arrival, mailing);
      return signIn(decision.accountId);
    case 'create':
      return signIn(await createAccount(manager, decision.email, arrival));
  }
}

/** Adds the identity, writes it down and tells the owner. */
async function link(manager: EntityManager, accountId: string, arrival: Arrival, mailing: Mailing): Promise<void> {
  const { vouched, origin, nowMs } = arrival;
  const identityId = await addIdentity(manager, accountId, vouched, nowMs);
  if (identityId === undefined) throw new Overtaken();
  await forgetUnlinked(manager, accountId, vouched);
  await recordAudit(manager, [linkedEntry(accountId, identityId, arrival)]);
  const [account] = await rowsOf<{ id: string; email: string; name: string }>(
    manager,
    'SELECT id, email, name FROM accounts WHERE id = $1',
    [accountId],
  );
  if (account === undefined) throw new Overtaken();
  await mailing.queue(manager, identityNotice('identity-linked', account, vouched.provider, origin, nowMs), nowMs);
}

/** A person who is new here: an account without a password. */
async function createAccount(manager: EntityManager, email: EmailAddress, arrival: Arrival): Promise<string> {
  const { vouched, origin, nowMs } = arrival;
  const account = await addPerson(manager, { email, name: vouched.name, stored: undefined, origin }, nowMs);
  const identityId = account && (await addIdentity(manager, account.id, vouched, nowMs));
  if (account === undefined || identityId === undefined) throw new Overtaken();
  await recordAudit(manager, [linkedEntry(account.id, identityId, arrival)]);
  return account.id;
}

function linkedEntry(accountId: string, identityId: string, { origin, nowMs }: Arrival) {
  const action = 'identity.linked' as const;
  return { action, actorAccountId: accountId, organizationId: null, target: identityId, origin, atMs: nowMs };
}

async function lockAccount(manager: EntityManager, accountId: string, how: 'FOR SHARE' | 'FOR UPDATE'): Promise<void> {
  await rowsOf(manager, `SELECT 1 FROM accounts WHERE id = $1 ${how}`, [accountId]);
}

async function isInstalled(manager: EntityManager): Promise<boolean> {
  return (await rowsOf(manager, 'SELECT 1 FROM installation', [])).length > 0;
}
