import { isEasyToGuess } from './easy-to-guess.js';

const MAX_PASSWORD_BYTES = 4_096;

export type PasswordRefusal = 'password_too_short' | 'password_too_long' | 'password_too_common';

export type PasswordVerdict =
  | { readonly kind: 'accepted'; readonly password: string }
  | { readonly kind: 'refused'; readonly code: PasswordRefusal; readonly message: string };

/** The form in which a password is hashed and compared: two ways of typing one character are one password. */
export function normalisePassword(text: string): string {
  return text.normalize('NFC');
}

/**
 * Decides whether a password may be set: long enough in characters, not absurdly long in bytes, not easy to guess.
 * Nothing is asked of its composition (NIST SP 800-63B; ASVS 6.2).
 * @param contextWords what an attacker of this account would try first: the product's name, the person's.
 */
export function judgePassword(text: string, minLength: number, contextWords: readonly string[]): PasswordVerdict {
  // Before anything that costs: a text of a megabyte is not worth normalising.
  if (text.length > MAX_PASSWORD_BYTES) return tooLong;
  const password = normalisePassword(text);
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return tooLong;
  if ([...password].length < minLength) {
    return {
      kind: 'refused',
      code: 'password_too_short',
      message: `The password must have at least ${minLength} characters.`,
    };
  }
  if (isEasyToGuess(password, contextWords)) {
    return {
      kind: 'refused',
      code: 'password_too_common',
      message: 'The password is easy to guess: it is made of common words, names, sequences or repetitions.',
    };
  }
  return { kind: 'accepted', password };
}

const tooLong: PasswordVerdict = {
  kind: 'refused',
  code: 'password_too_long',
  message: `The password must not be longer than ${MAX_PASSWORD_BYTES} bytes.`,
};
