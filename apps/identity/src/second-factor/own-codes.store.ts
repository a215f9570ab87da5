import type { DataSource, EntityManager } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction } from '../database/rows.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { findOwnSession, type Person } from '../sessions/own-session.store.js';
import { lockFactors } from './account-lock.store.js';
import { replaceBackupCodes } from './backup-codes.store.js';
import { afterFactorsChanged } from './changed-factors.store.js';
import type { FactorSecrets } from './factor-secrets.js';
import { proveTotp } from './prove-code.store.js';
import { findTotpSecret, removeTotp } from './totp-secrets.store.js';
import type { TypedCode } from './typed-code.js';

/** A change of the own factors that a code of the authenticator has to allow. Its attempt has been counted. */
export interface CodeForChange {
  readonly person: Person;
  readonly typed: TypedCode;
  readonly nowMs: number;
}

type Refused = { readonly kind: 'session_ended' | 'reauth_required' | 'second_factor_off' | 'code_wrong' };

/** Removes the authenticator and voids every backup code [T16]; every other session ends. */
export function removeAuthenticator(
  dataSource: DataSource,
  mailing: Mailing,
  given: CodeForChange,
  secrets: FactorSecrets,
): Promise<Refused | { readonly kind: 'disabled' }> {
  return withCode(dataSource, given, secrets, async (manager, email) => {
    const { person, nowMs } = given;
    await removeTotp(manager, person.accountId);
    const changed = { action: 'second_factor.disabled', template: 'second-factor-off', endsOthers: true } as const;
    await afterFactorsChanged(manager, mailing, { person, email, nowMs, ...changed });
    return { kind: 'disabled' };
  });
}

/** Makes new backup codes and voids every earlier one [T21]. */
export function renewCodes(
  dataSource: DataSource,
  mailing: Mailing,
  given: CodeForChange,
  secrets: FactorSecrets,
): Promise<Refused | { readonly kind: 'renewed'; readonly backupCodes: string[] }> {
  return withCode(dataSource, given, secrets, async (manager, email) => {
    const { person, nowMs } = given;
    const backupCodes = await replaceBackupCodes(manager, person.accountId, secrets.backupCodeKey, nowMs);
    const changed = { action: 'backup_codes.renewed', template: 'backup-codes-renewed', endsOthers: false } as const;
    await afterFactorsChanged(manager, mailing, { person, email, nowMs, ...changed });
    return { kind: 'renewed', backupCodes };
  });
}

/** A code of the authenticator only: a backup code in a thief's hands must not be enough to make itself ten new ones. */
function withCode<Done>(
  dataSource: DataSource,
  { person, typed, nowMs }: CodeForChange,
  secrets: FactorSecrets,
  change: (manager: EntityManager, email: string) => Promise<Done>,
): Promise<Refused | Done> {
  const { accountId, origin } = person;
  return inTransaction(dataSource, async (manager) => {
    const email = await lockFactors(manager, accountId, 'change');
    if (email === undefined) return { kind: 'session_ended' };
    const own = await findOwnSession(manager, person, true, nowMs);
    if (own.kind !== 'standing') return own;
    if ((await findTotpSecret(manager, accountId, secrets.totpKey)) === undefined) return { kind: 'second_factor_off' };
    if (typed.kind === 'totp' && (await proveTotp(manager, accountId, typed.digits, secrets, nowMs))) {
      return change(manager, email);
    }
    await recordAudit(manager, [
      {
        action: 'second_factor.refused',
        actorAccountId: accountId,
        organizationId: null,
        target: accountId,
        origin,
        atMs: nowMs,
      },
    ]);
    return { kind: 'code_wrong' };
  });
}
