import { createHash } from 'node:crypto';

/** A mail address in two forms: as its owner writes it, and as we look it up. */
export interface EmailAddress {
  readonly display: string;
  /** Lower case as a whole, so that no two spellings of one address are two accounts. */
  readonly lookup: string;
}

const MAX_BYTES = 254;
const ADDRESS =
  /^[^\s@\p{C}"(),:;<>[\]\\]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?)(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?)*$/u;

/** Brings an address into its two forms; says nothing about whether it is one. */
export function normaliseEmail(text: string): EmailAddress {
  const display = text.trim().normalize('NFC');
  return { display, lookup: display.toLowerCase().normalize('NFC') };
}

/** Whether mail could go there: one @, a domain of letters, digits and hyphens, no quoting, 254 bytes at most. */
export function isEmailAddress(email: EmailAddress): boolean {
  return Buffer.byteLength(email.display) <= MAX_BYTES && ADDRESS.test(email.lookup);
}

/** What stands for an address where the address itself is not needed, known or not. */
export function hashEmail(email: EmailAddress): Buffer {
  return createHash('sha256').update(email.lookup).digest();
}

/** The part before the @, in look-up form. */
export function localPart(email: EmailAddress): string {
  return email.lookup.slice(0, Math.max(0, email.lookup.lastIndexOf('@')));
}

/** The part after the @, in look-up form. */
export function domainPart(email: EmailAddress): string {
  return email.lookup.slice(email.lookup.lastIndexOf('@') + 1);
}
