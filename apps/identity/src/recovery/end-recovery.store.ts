import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import type { Origin } from '../origin.js';
import { lockFactors } from '../second-factor/account-lock.store.js';
import { tellOwner } from '../second-factor/tell-owner.store.js';
import { removeTotp } from '../second-factor/totp-secrets.store.js';
import { endAccess } from '../sessions/end-access.store.js';
import { ownerOfOneTimeToken, spendOneTimeToken, voidOneTimeTokens } from '../tokens/one-time-tokens.store.js';
import { auditRecovery } from './audit-recovery.store.js';
import { findRecovery, noteChange, type RecoveryOfAccount } from './recoveries.store.js';
import { mayBecome, stateOf } from './recovery.js';

interface FollowedLink {
  readonly token: string;
  readonly origin: Origin;
}

/** Stops a recovery for good. */
export function stopRecovery(
  dataSource: DataSource,
  mailing: Mailing,
  link: FollowedLink,
  nowMs: number,
): Promise<{ readonly kind: 'cancelled' | 'link_invalid' }> {
  return withLink(dataSource, mailing, 'recovery_cancel', link, nowMs, async (manager, recovery) => {
    if (!mayBecome(stateOf(recovery, nowMs), 'cancel')) return { kind: 'link_invalid' };
    const { id, accountId, email } = recovery;
    await noteChange(manager, id, 'cancel', null, nowMs);
    await voidOneTimeTokens(manager, ['recovery_complete'], id, nowMs);
    await auditRecovery(manager, 'recovery.cancelled', recovery, accountId, link.origin, nowMs);
    await tellOwner(manager, mailing, { accountId, email, template: 'recovery-cancelled', origin: link.origin, nowMs });
    return { kind: 'cancelled' };
  });
}

/** Removes every second factor of the account, and ends all that is open. Who signs in next does so with the first factor. */
export function finishRecovery(
  dataSource: DataSource,
  mailing: Mailing,
  link: FollowedLink,
  nowMs: number,
): Promise<{ readonly kind: 'recovered' | 'link_invalid' }> {
  const { origin } = link;
  return withLink(dataSource, mailing, 'recovery_complete', link, nowMs, async (manager, recovery) => {
    if (!mayBecome(stateOf(recovery, nowMs), 'complete')) return { kind: 'link_invalid' };
    const { id, accountId, email } = recovery;
    await noteChange(manager, id, 'complete', null, nowMs);
    await voidOneTimeTokens(manager, ['recovery_cancel'], id, nowMs);
    await removeTotp(manager, accountId);
    await rowsOf(manager, 'DELETE FROM passkeys WHERE account_id = $1', [accountId]);
    await endAccess(manager, { accountId, exceptSessionId: null, reason: 'recovery', origin, nowMs });
    await auditRecovery(manager, 'recovery.completed', recovery, accountId, origin, nowMs);
    await tellOwner(manager, mailing, { accountId, email, template: 'recovery-completed', origin, nowMs });
    return { kind: 'recovered' };
  });
}

/** What a link leads to: spent, locked and read in one transaction. */
function withLink<Outcome>(
  dataSource: DataSource,
  { tokenKey }: Mailing,
  purpose: 'recovery_cancel' | 'recovery_complete',
  { token }: FollowedLink,
  nowMs: number,
  follow: (manager: EntityManager, recovery: RecoveryOfAccount) => Promise<Outcome>,
): Promise<Outcome | { readonly kind: 'link_invalid' }> {
  return inTransaction(dataSource, async (manager) => {
    const accountId = await ownerOfOneTimeToken(manager, purpose, token);
    if (accountId === undefined) return { kind: 'link_invalid' };
    // The account first: what stops a recovery and what completes it void each other's links.
    await lockFactors(manager, accountId, 'change');
    const spent = await spendOneTimeToken(manager, purpose, token, tokenKey, nowMs);
    if (spent === undefined) return { kind: 'link_invalid' };
    const recovery = await findRecovery(manager, spent.subject);
    return recovery === undefined ? { kind: 'link_invalid' } : follow(manager, recovery);
  });
}
