import type { EntityManager } from 'typeorm';
import { countBackupCodes, useBackupCode } from './backup-codes.store.js';
import type { FactorSecrets } from './factor-secrets.js';
import { judgeTotp } from './totp.js';
import { findTotpSecret, useStep } from './totp-secrets.store.js';
import type { TypedCode } from './typed-code.js';

export type ProvenCode =
  | { readonly kind: 'right'; readonly proof: 'totp' }
  | { readonly kind: 'right'; readonly proof: 'backup_code'; readonly codesLeft: number }
  | { readonly kind: 'wrong' };

/**
 * Compares a code with what the account has, and uses it up, in the transaction of what it allows: where that does not come
 * to stand, the code was not used. The attempt has been counted and the factors are locked.
 */
export async function proveCode(
  manager: EntityManager,
  accountId: string,
  typed: TypedCode,
  secrets: FactorSecrets,
  nowMs: number,
): Promise<ProvenCode> {
  switch (typed.kind) {
    case 'no_code':
      return wrong;
    case 'totp':
      return (await proveTotp(manager, accountId, typed.digits, secrets, nowMs))
        ? { kind: 'right', proof: 'totp' }
        : wrong;
    case 'backup_code': {
      // Codes are in place of the authenticator: without one they open nothing.
      if ((await findTotpSecret(manager, accountId, secrets.totpKey)) === undefined) return wrong;
      if (!(await useBackupCode(manager, accountId, typed.code, secrets.backupCodeKey, nowMs))) return wrong;
      return { kind: 'right', proof: 'backup_code', codesLeft: await countBackupCodes(manager, accountId) };
    }
  }
}

/** A code of the authenticator; nothing else will do. @returns whether it was right, and unused until now. */
export async function proveTotp(
  manager: EntityManager,
  accountId: string,
  digits: string,
  secrets: FactorSecrets,
  nowMs: number,
): Promise<boolean> {
  const found = await findTotpSecret(manager, accountId, secrets.totpKey);
  if (found === undefined) return false;
  const verdict = judgeTotp(found.secret, digits, found.lastStep, nowMs);
  return verdict.kind === 'right' && (await useStep(manager, accountId, verdict.step));
}

const wrong = { kind: 'wrong' } as const;
