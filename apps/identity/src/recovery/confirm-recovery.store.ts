import type { DataSource } from 'typeorm';
import { inTransaction } from '../database/rows.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { newId } from '../new-id.js';
import type { Origin } from '../origin.js';
import { lockFactors } from '../second-factor/account-lock.store.js';
import { tellOwner } from '../second-factor/tell-owner.store.js';
import { addOneTimeToken, ownerOfOneTimeToken, spendOneTimeToken } from '../tokens/one-time-tokens.store.js';
import { auditRecovery } from './audit-recovery.store.js';
import { addRecovery, findUnfinishedRecovery, noteChange } from './recoveries.store.js';
import { newRecovery, stateOf } from './recovery.js';

export type ConfirmedRecovery =
  | { readonly kind: 'under_review'; readonly readyAtMs: number }
  | { readonly kind: 'link_invalid' };

/** The link was followed: the request waits for its review, and the owner hears of it with a way to stop it. */
export function enterReview(
  dataSource: DataSource,
  mailing: Mailing,
  { token, origin }: { readonly token: string; readonly origin: Origin },
  nowMs: number,
): Promise<ConfirmedRecovery> {
  return inTransaction(dataSource, async (manager) => {
    const accountId = await ownerOfOneTimeToken(manager, 'recovery_confirm', token);
    if (accountId === undefined) return { kind: 'link_invalid' };
    const email = await lockFactors(manager, accountId, 'change');
    const spent = await spendOneTimeToken(manager, 'recovery_confirm', token, mailing.tokenKey, nowMs);
    if (email === undefined || spent === undefined) return { kind: 'link_invalid' };
    const unfinished = await findUnfinishedRecovery(manager, accountId);
    if (unfinished !== undefined) {
      if (stateOf(unfinished, nowMs) !== 'lapsed') return { kind: 'under_review', readyAtMs: unfinished.readyAtMs };
      await noteChange(manager, unfinished.id, 'cancel', null, nowMs);
    }
    const recovery = newRecovery(newId('rec'), accountId, origin, nowMs);
    await addRecovery(manager, recovery);
    const lifeSeconds = (recovery.lapsesAtMs - nowMs) / 1_000;
    const stop = { purpose: 'recovery_cancel', accountId, subject: recovery.id, payload: {}, lifeSeconds } as const;
    const link = mailing.link('recovery/cancel', await addOneTimeToken(manager, stop, mailing.tokenKey, nowMs));
    await auditRecovery(manager, 'recovery.requested', recovery, accountId, origin, nowMs);
    const readyAt = new Date(recovery.readyAtMs).toUTCString();
    const told = { accountId, email, template: 'recovery-requested', origin, nowMs } as const;
    await tellOwner(manager, mailing, told, { link, readyAt });
    return { kind: 'under_review', readyAtMs: recovery.readyAtMs };
  });
}
