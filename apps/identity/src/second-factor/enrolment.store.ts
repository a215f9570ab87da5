import type { DataSource } from 'typeorm';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { findOwnSession, type Person } from '../sessions/own-session.store.js';
import { hasSecondFactor } from '../sign-in/proof.js';
import { lockFactors } from './account-lock.store.js';
import { replaceBackupCodes } from './backup-codes.store.js';
import { afterFactorsChanged } from './changed-factors.store.js';
import { isEnrolmentOpen } from './enrolment.js';
import type { FactorSecrets } from './factor-secrets.js';
import { hasSecondFactors } from './factors.store.js';
import { judgeTotp, newTotpSecret } from './totp.js';
import { activateTotp, findEnrolment, findTotpSecret, keepEnrolment } from './totp-secrets.store.js';
import type { TypedCode } from './typed-code.js';

/**
 * Begins to set up an authenticator, in a session that was opened lately [H-055]. Where the account has a second factor, the
 * session must have shown one: so a lost device is replaced by who still has a backup code.
 */
export function beginEnrolment(
  dataSource: DataSource,
  person: Person,
  secrets: FactorSecrets,
  nowMs: number,
): Promise<
  | { readonly kind: 'enrolling'; readonly secret: Buffer; readonly email: string }
  | { readonly kind: 'session_ended' | 'reauth_required' }
> {
  const { accountId, sessionId } = person;
  return inTransaction(dataSource, async (manager) => {
    const email = await lockFactors(manager, accountId, 'change');
    if (email === undefined) return { kind: 'session_ended' };
    const own = await findOwnSession(manager, person, true, nowMs);
    if (own.kind !== 'standing') return own;
    if (!hasSecondFactor(own.session.proofs) && (await hasSecondFactors(manager, accountId))) {
      return { kind: 'reauth_required' };
    }
    const secret = newTotpSecret();
    await keepEnrolment(manager, { accountId, sessionId, secret, startedAtMs: nowMs }, secrets.totpKey);
    return { kind: 'enrolling', secret, email };
  });
}

export interface CodeForEnrolment {
  readonly person: Person;
  readonly typed: TypedCode;
  readonly nowMs: number;
}

/**
 * Ends setting up an authenticator with a code of it [T14]. Its attempt has been counted. From now on it is asked for; the
 * session in which it was shown goes on, every other one ends.
 */
export function endEnrolment(
  dataSource: DataSource,
  mailing: Mailing,
  { person, typed, nowMs }: CodeForEnrolment,
  secrets: FactorSecrets,
): Promise<
  | { readonly kind: 'confirmed'; readonly backupCodes: string[] }
  | { readonly kind: 'enrolment_missing' | 'code_wrong' | 'session_ended' | 'reauth_required' }
> {
  const { accountId, sessionId } = person;
  return inTransaction(dataSource, async (manager) => {
    const email = await lockFactors(manager, accountId, 'change');
    if (email === undefined) return { kind: 'session_ended' };
    const own = await findOwnSession(manager, person, false, nowMs);
    if (own.kind !== 'standing') return own;
    const enrolment = await findEnrolment(manager, accountId, secrets.totpKey);
    if (enrolment === undefined || !isEnrolmentOpen(enrolment, sessionId, nowMs)) return { kind: 'enrolment_missing' };
    const verdict = typed.kind === 'totp' ? judgeTotp(enrolment.secret, typed.digits, 0, nowMs) : undefined;
    if (verdict?.kind !== 'right') return { kind: 'code_wrong' };
    const replaces = (await findTotpSecret(manager, accountId, secrets.totpKey)) !== undefined;
    await activateTotp(manager, enrolment, verdict.step, secrets.totpKey, nowMs);
    const backupCodes = await replaceBackupCodes(manager, accountId, secrets.backupCodeKey, nowMs);
    await rowsOf(
      manager,
      `UPDATE sessions SET proofs = array_append(proofs, 'totp') WHERE id = $1 AND NOT 'totp' = ANY(proofs)`,
      [sessionId],
    );
    const [action, template] = replaces
      ? (['second_factor.replaced', 'authenticator-replaced'] as const)
      : (['second_factor.enabled', 'second-factor-on'] as const);
    await afterFactorsChanged(manager, mailing, { person, email, action, template, endsOthers: true, nowMs });
    return { kind: 'confirmed', backupCodes };
  });
}
