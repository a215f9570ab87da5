import { BACKUP_CODE_LENGTH, BACKUP_CODE_PATTERN } from './backup-codes.js';

/** What somebody typed where a second factor is asked for, in the one form that is compared and remembered. */
export type TypedCode =
  | { readonly kind: 'totp'; readonly digits: string }
  | { readonly kind: 'backup_code'; readonly code: string }
  | { readonly kind: 'no_code' };

const TOTP_PATTERN = /^[0-9]{6}$/;
/** Far more than any spelling of a code: what is longer is not even read. */
const MAX_TYPED_LENGTH = 200;

/**
 * Brings a code into its one form: blanks and hyphens go, and wide or small letters and digits become plain ones. Every
 * door compares what comes out of here, so that no spelling of a used code is a new one [H-047].
 */
export function readTypedCode(typed: string): TypedCode {
  if (typed.length > MAX_TYPED_LENGTH) return { kind: 'no_code' };
  const plain = typed
    .normalize('NFKC')
    .replace(/[\s\p{Pd}]/gu, '')
    .toUpperCase();
  if (TOTP_PATTERN.test(plain)) return { kind: 'totp', digits: plain };
  if (plain.length !== BACKUP_CODE_LENGTH) return { kind: 'no_code' };
  const code = plain.replace(/O/g, '0').replace(/[IL]/g, '1');
  return BACKUP_CODE_PATTERN.test(code) ? { kind: 'backup_code', code } : { kind: 'no_code' };
}
