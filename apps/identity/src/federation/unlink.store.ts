import type { DataSource } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { endAccess } from '../sessions/end-access.store.js';
import { findOwnSession, type Person } from '../sessions/own-session.store.js';
import { removeIdentity } from './identities.store.js';
import { identityNotice } from './notice.js';
import type { ProviderName } from './provider.js';

export type UnlinkOutcome = 'unlinked' | 'not_found' | 'last_way_in' | 'session_ended' | 'reauth_required';

export interface UnlinkRequest {
  readonly person: Person;
  readonly identityId: string;
  /** An identity at a provider that is not configured is no way in. */
  readonly configured: readonly ProviderName[];
  readonly nowMs: number;
}

/**
 * Takes an identity from an account, ends all that it opened elsewhere, and tells the owner. The account's row is locked, so
 * that of two at once one is the last way in and stays [H-068].
 */
export function unlinkIdentity(
  dataSource: DataSource,
  { person, identityId, configured, nowMs }: UnlinkRequest,
  mailing: Mailing,
): Promise<UnlinkOutcome> {
  const { accountId, sessionId, origin } = person;
  return inTransaction(dataSource, async (manager) => {
    await rowsOf(manager, 'SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE', [accountId]);
    const own = await findOwnSession(manager, person, true, nowMs);
    if (own.kind !== 'standing') return own.kind;
    const [identity] = await rowsOf<{ other_ways: boolean }>(
      manager,
      `SELECT
         EXISTS (SELECT 1 FROM passwords p WHERE p.account_id = $1)
           OR EXISTS (SELECT 1 FROM passkeys k WHERE k.account_id = $1)
           OR EXISTS (SELECT 1 FROM federated_identities o
                      WHERE o.account_id = $1 AND o.id <> i.id AND o.provider = ANY ($3)) AS other_ways
       FROM federated_identities i WHERE i.account_id = $1 AND i.id = $2`,
      [accountId, identityId, configured],
    );
    if (identity === undefined) return 'not_found';
    if (!identity.other_ways) return 'last_way_in';
    const provider = await removeIdentity(manager, accountId, identityId, nowMs);
    if (provider === undefined) return 'not_found';
    await endAccess(manager, { accountId, exceptSessionId: sessionId, reason: 'identity_unlinked', origin, nowMs });
    const action = 'identity.unlinked';
    await recordAudit(manager, [
      { action, actorAccountId: accountId, organizationId: null, target: identityId, origin, atMs: nowMs },
    ]);
    const notice = identityNotice('identity-unlinked', own.session.account, provider, origin, nowMs);
    await mailing.queue(manager, notice, nowMs);
    return 'unlinked';
  });
}
