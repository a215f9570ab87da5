import { createHash } from 'node:crypto';
import { isIP } from 'node:net';

/** How often something may be done for one subject, in windows that begin with the first time. */
export interface Allowance {
  /** Its name in the table of what was taken. */
  readonly kind: string;
  readonly most: number;
  readonly windowSeconds: number;
}

const HOUR_SECONDS = 3_600;

/**
 * For one client address. An office behind one address still gets in; who tries passwords of a thousand accounts
 * from there is stopped at a few dozen of them.
 */
export const CLIENT_ALLOWANCES = {
  /** Passwords that were wrong; those that are right are given back. */
  wrongPasswords: { kind: 'client:wrong_passwords', most: 300, windowSeconds: HOUR_SECONDS },
  signUps: { kind: 'client:sign_ups', most: 100, windowSeconds: HOUR_SECONDS },
  /** Ways to GitHub or the SSO provider that were set out on; each is a row for ten minutes. */
  roundTrips: { kind: 'client:round_trips', most: 100, windowSeconds: 600 },
  /** Sign-ins with a passkey that were begun; each is a row for five minutes, and then a day. */
  passkeySignIns: { kind: 'client:passkey_sign_ins', most: 100, windowSeconds: 600 },
  /** Mails that somebody asks for: reset links, verification links once more. */
  askedMails: { kind: 'client:asked_mails', most: 100, windowSeconds: HOUR_SECONDS },
} as const satisfies Record<string, Allowance>;

/** Mails of one kind to one address: nobody's mailbox is flooded through us. */
export function mailAllowance(mail: string): Allowance {
  return { kind: `mail:${mail}`, most: 5, windowSeconds: HOUR_SECONDS };
}

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const UNREADABLE = 'unreadable';

/**
 * What stands for a client in the table: its IPv4 address, or the /64 of its IPv6 address, of which one client has all.
 * Everything that cannot be read is one subject together, so that it never is without a limit [H-120].
 */
export function clientSubject(address: string): Buffer {
  return digest(networkOf(address));
}

function networkOf(address: string): string {
  const plain = (MAPPED_IPV4.exec(address)?.[1] ?? address).toLowerCase();
  switch (isIP(plain)) {
    case 4:
      return plain;
    case 6:
      return plain.includes('%') ? UNREADABLE : `${firstFourGroups(plain).join(':')}::/64`;
    default:
      return UNREADABLE;
  }
}

function firstFourGroups(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
}

/** A dotted IPv4 address at the end takes the place of two groups; it is never among the first four. */
function groupsOf(side: string): string[] {
  return side === '' ? [] : side.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
