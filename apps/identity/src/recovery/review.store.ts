import type { DataSource } from 'typeorm';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { isOperator } from '../organizations/standing.store.js';
import type { Origin } from '../origin.js';
import { lockFactors } from '../second-factor/account-lock.store.js';
import { tellOwner } from '../second-factor/tell-owner.store.js';
import { voidOneTimeTokens } from '../tokens/one-time-tokens.store.js';
import { auditRecovery } from './audit-recovery.store.js';
import { findRecovery, listAllRecoveries, noteChange, type RecoveryOfAccount } from './recoveries.store.js';
import { mayBecome, type RecoveryState, stateOf } from './recovery.js';

/** What an operator has decided about somebody's recovery. */
export interface Review {
  readonly accountId: string;
  readonly recoveryId: string;
  readonly decision: 'approve' | 'refuse';
  readonly origin: Origin;
}

export type Reviewed =
  | { readonly kind: 'decided'; readonly recovery: RecoveryOfAccount }
  | { readonly kind: 'not_permitted' | 'not_found' }
  | { readonly kind: 'conflict'; readonly state: RecoveryState };

/** The review: by an operator, and never of the own account [M-13]. */
export function reviewRecovery(
  dataSource: DataSource,
  mailing: Mailing,
  { accountId: operatorId, recoveryId, decision, origin }: Review,
  nowMs: number,
): Promise<Reviewed> {
  return inTransaction(dataSource, async (manager) => {
    if (!(await isOperator(manager, operatorId))) return { kind: 'not_permitted' };
    const [row] = await rowsOf<{ account_id: string }>(manager, 'SELECT account_id FROM recoveries WHERE id = $1', [
      recoveryId,
    ]);
    if (row === undefined) return { kind: 'not_found' };
    if (row.account_id === operatorId) return { kind: 'not_permitted' };
    await lockFactors(manager, row.account_id, 'change');
    const recovery = await findRecovery(manager, recoveryId);
    if (recovery === undefined) return { kind: 'not_found' };
    const state = stateOf(recovery, nowMs);
    if (!mayBecome(state, decision)) return { kind: 'conflict', state };
    await noteChange(manager, recoveryId, decision, operatorId, nowMs);
    if (decision === 'refuse') await voidOneTimeTokens(manager, ['recovery_complete'], recoveryId, nowMs);
    const { accountId, email } = recovery;
    const [action, template] = WORDS[decision];
    await auditRecovery(manager, action, recovery, operatorId, origin, nowMs);
    const readyAt = new Date(recovery.readyAtMs).toUTCString();
    await tellOwner(manager, mailing, { accountId, email, template, origin, nowMs }, { readyAt });
    return { kind: 'decided', recovery: (await findRecovery(manager, recoveryId)) ?? recovery };
  });
}

/** What there is to review, and what was. Undefined: the account is no operator. */
export async function listForReview(
  dataSource: DataSource,
  accountId: string,
): Promise<readonly RecoveryOfAccount[] | undefined> {
  const { manager } = dataSource;
  return (await isOperator(manager, accountId)) ? listAllRecoveries(manager) : undefined;
}

const WORDS = {
  approve: ['recovery.approved', 'recovery-approved'],
  refuse: ['recovery.refused', 'recovery-refused'],
} as const;
