import type { DataSource, EntityManager } from 'typeorm';
import { hashEmail, normaliseEmail } from '../accounts/email.js';
import { inTransaction } from '../database/rows.store.js';
import { mailAllowance } from '../limits/allowance.js';
import { takeAllowance } from '../limits/allowances.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import type { MailTemplate } from '../mail/templates.js';
import type { Origin } from '../origin.js';
import { lockFactors } from '../second-factor/account-lock.store.js';
import { tellOwner } from '../second-factor/tell-owner.store.js';
import { findChallenge, spendChallenge } from '../sign-in/challenges.store.js';
import { addOneTimeToken, type OneTimePurpose, voidOneTimeTokens } from '../tokens/one-time-tokens.store.js';
import { hashSecretToken } from '../tokens/secret-token.js';
import { findUnfinishedRecovery } from './recoveries.store.js';
import { LINK_SECONDS, stateOf } from './recovery.js';

export type StartedRecovery =
  | { readonly kind: 'mail_sent' | 'challenge_ended' }
  | { readonly kind: 'under_review'; readonly readyAtMs: number };

/**
 * Who has shown the first factor, and has no second one any more, gets a link by mail: the first one asks for a review, the
 * one after the review completes it [T22, M-13]. The challenge is spent: each link takes the first factor anew.
 */
export function beginRecovery(
  dataSource: DataSource,
  mailing: Mailing,
  { challenge, origin }: { readonly challenge: string; readonly origin: Origin },
  nowMs: number,
): Promise<StartedRecovery> {
  return inTransaction(dataSource, async (manager) => {
    const found = await findChallenge(manager, hashSecretToken(challenge), nowMs);
    if (found === undefined) return { kind: 'challenge_ended' };
    const { accountId } = found;
    const email = await lockFactors(manager, accountId, 'change');
    if (email === undefined || !(await spendChallenge(manager, found.id, nowMs))) return { kind: 'challenge_ended' };
    const owner = { accountId, email, origin, nowMs };
    const unfinished = await findUnfinishedRecovery(manager, accountId);
    const state = unfinished === undefined ? 'lapsed' : stateOf(unfinished, nowMs);
    if (unfinished === undefined || state === 'lapsed') {
      await mailTheLink(manager, mailing, owner, 'recovery_confirm', 'recovery-confirm', accountId);
      return { kind: 'mail_sent' };
    }
    if (state !== 'ready') return { kind: 'under_review', readyAtMs: unfinished.readyAtMs };
    await mailTheLink(manager, mailing, owner, 'recovery_complete', 'recovery-complete', unfinished.id);
    return { kind: 'mail_sent' };
  });
}

interface Owner {
  readonly accountId: string;
  readonly email: string;
  readonly origin: Origin;
  readonly nowMs: number;
}

const PAGES = { recovery_confirm: 'recovery/confirm', recovery_complete: 'recovery/complete' } as const;

/** The newest link is the only one. Somebody who asks all the time fills nobody's mailbox [H-059]. */
async function mailTheLink(
  manager: EntityManager,
  mailing: Mailing,
  owner: Owner,
  purpose: Extract<OneTimePurpose, keyof typeof PAGES>,
  template: MailTemplate,
  subject: string,
): Promise<void> {
  const { accountId, email, nowMs } = owner;
  const mailbox = hashEmail(normaliseEmail(email));
  if ((await takeAllowance(manager, mailAllowance(template), mailbox, nowMs)) !== undefined) return;
  await voidOneTimeTokens(manager, [purpose], subject, nowMs);
  const made = { purpose, accountId, subject, payload: {}, lifeSeconds: LINK_SECONDS };
  const token = await addOneTimeToken(manager, made, mailing.tokenKey, nowMs);
  await tellOwner(manager, mailing, { ...owner, template }, { link: mailing.link(PAGES[purpose], token) });
}
