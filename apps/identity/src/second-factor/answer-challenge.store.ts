import type { DataSource, EntityManager } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction } from '../database/rows.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { spendChallenge } from '../sign-in/challenges.store.js';
import { proceed } from '../sign-in/proceed.store.js';
import { lockFactors } from './account-lock.store.js';
import type { AnsweredChallenge, CodeForChallenge } from './answer-challenge.js';
import { replaceBackupCodes } from './backup-codes.store.js';
import type { FactorSecrets } from './factor-secrets.js';
import { proveCode } from './prove-code.store.js';
import { tellOwner } from './tell-owner.store.js';

/** Somebody else was faster: what was written is taken back, so that the code is not used up without effect. */
class ChallengeSpent extends Error {}

/** Compares a code for a challenge; right: code, challenge and the way to the session stand together, or none does. */
export async function recordCode(
  dataSource: DataSource,
  mailing: Mailing,
  given: CodeForChallenge,
  secrets: FactorSecrets,
): Promise<AnsweredChallenge> {
  try {
    return await inTransaction(dataSource, (manager) => compare(manager, mailing, given, secrets));
  } catch (error) {
    if (error instanceof ChallengeSpent) return { kind: 'challenge_ended' };
    throw error;
  }
}

async function compare(
  manager: EntityManager,
  mailing: Mailing,
  { challenge, typed, origin, nowMs }: CodeForChallenge,
  secrets: FactorSecrets,
): Promise<AnsweredChallenge> {
  const { accountId } = challenge;
  const email = await lockFactors(manager, accountId, 'use');
  if (email === undefined) return { kind: 'challenge_ended' };
  const proven = await proveCode(manager, accountId, typed, secrets, nowMs);
  const entry = { actorAccountId: accountId, organizationId: null, target: challenge.id, origin, atMs: nowMs };
  if (proven.kind === 'wrong') {
    await recordAudit(manager, [{ action: 'second_factor.refused', ...entry }]);
    return { kind: 'code_wrong' };
  }
  if (!(await spendChallenge(manager, challenge.id, nowMs))) throw new ChallengeSpent();
  const proceeded = await proceed(manager, { accountId, proven: [...challenge.proven, proven.proof], origin, nowMs });
  if (proven.proof === 'totp') return { kind: 'proceeded', proceeded, newBackupCodes: null };
  await recordAudit(manager, [{ action: 'backup_code.used', ...entry }]);
  const codesLeft = String(proven.codesLeft);
  await tellOwner(manager, mailing, { accountId, email, template: 'backup-code-used', origin, nowMs }, { codesLeft });
  if (proven.codesLeft > 0 || proceeded.kind !== 'signed_in') {
    return { kind: 'proceeded', proceeded, newBackupCodes: null };
  }
  // Nobody is left without codes: the sign-in that uses the last one hands out the next ones [M-07].
  const newBackupCodes = await replaceBackupCodes(manager, accountId, secrets.backupCodeKey, nowMs);
  return { kind: 'proceeded', proceeded, newBackupCodes };
}
