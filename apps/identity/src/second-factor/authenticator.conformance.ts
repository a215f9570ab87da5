import {
  answerChallenge,
  confirmTotp,
  disableTotp,
  enrolTotp,
  getSecondFactors,
  renewBackupCodes,
} from '@gatehouse/contracts/second-factor';
import { Secret, TOTP } from 'otpauth';
import { ADMIN, expectAuthenticated, expectSignedIn, type IdentityUnderTest } from '../start.conformance.js';

const ORIGIN = { address: '192.0.2.7', userAgent: 'a browser', requestId: 'req-1' };

/** Somebody with a browser and, once it is set up, an authenticator. */
export interface PersonUnderTest {
  readonly person: { readonly accountId: string; readonly sessionId: string; readonly origin: typeof ORIGIN };
  readonly sessionToken: string;
}

/** What an authenticator shows, so many steps of 30 seconds from now. */
export function codeOf(secret: string, identity: IdentityUnderTest, steps = 0): string {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  return totp.generate({ timestamp: identity.clock.nowMs() + steps * 30_000 });
}

/** A code that is right in no step near this one. */
export function wrongCode(secret: string, identity: IdentityUnderTest): string {
  const near = [-2, -1, 0, 1, 2].map((steps) => codeOf(secret, identity, steps));
  const found = Array.from({ length: 10 }, (_, digit) => String(digit).repeat(6)).find((code) => !near.includes(code));
  if (found === undefined) throw new Error('every code is right');
  return found;
}

export async function signedInPerson(identity: IdentityUnderTest, email = ADMIN.email): Promise<PersonUnderTest> {
  return personBehind(identity, expectSignedIn(await identity.signIn(email, ADMIN.password)).sessionToken);
}

export async function personBehind(identity: IdentityUnderTest, sessionToken: string): Promise<PersonUnderTest> {
  const { account, sessionId } = expectAuthenticated(await identity.authenticate(sessionToken));
  return { person: { accountId: account.id, sessionId, origin: ORIGIN }, sessionToken };
}

/** Sets an authenticator up. A step later, so that the code which confirmed it is not the one of now. */
export async function enrol(identity: IdentityUnderTest, person: PersonUnderTest['person']) {
  const begun = await identity.ask(enrolTotp, { person });
  if (begun.kind !== 'enrolling') throw new Error(`not enrolling: ${begun.kind}`);
  const { secret } = begun;
  const confirmed = await identity.ask(confirmTotp, { person, code: codeOf(secret, identity) });
  if (confirmed.kind !== 'confirmed') throw new Error(`not confirmed: ${confirmed.kind}`);
  identity.clock.advanceSeconds(30);
  return { secret, backupCodes: confirmed.backupCodes };
}

/** The password step of an account with a second factor. @returns the challenge */
export async function passwordStep(identity: IdentityUnderTest, email = ADMIN.email): Promise<string> {
  const outcome = await identity.signIn(email, ADMIN.password);
  if (outcome.kind !== 'second_factor_required') throw new Error(`no challenge: ${outcome.kind}`);
  return outcome.challenge;
}

/** Many challenges, a few at a time: more passwords of one account at once than may be wrong are turned away. */
export async function passwordSteps(identity: IdentityUnderTest, count: number): Promise<string[]> {
  const opened: string[] = [];
  while (opened.length < count) {
    opened.push(...(await Promise.all(Array.from({ length: 5 }, () => passwordStep(identity)))));
    identity.clock.advanceSeconds(1);
  }
  return opened;
}

export const answer = (identity: IdentityUnderTest, challenge: string, code: string) =>
  identity.ask(answerChallenge, { challenge, code, origin: ORIGIN });

export const factorsOf = (identity: IdentityUnderTest, person: PersonUnderTest['person']) =>
  identity.ask(getSecondFactors, { person });

export const disable = (identity: IdentityUnderTest, person: PersonUnderTest['person'], code: string) =>
  identity.ask(disableTotp, { person, code });

export const renew = (identity: IdentityUnderTest, person: PersonUnderTest['person'], code: string) =>
  identity.ask(renewBackupCodes, { person, code });

/** How many codes were compared and found wrong. */
export async function refusedCodes(identity: IdentityUnderTest): Promise<number> {
  const [row]: { count: number }[] = await identity.owner.query(
    `SELECT count(*)::int AS count FROM audit_events WHERE action = 'second_factor.refused'`,
  );
  return row?.count ?? 0;
}

export const kindsOf = (outcomes: readonly { readonly kind: string }[]) => {
  const counts: Record<string, number> = {};
  for (const { kind } of outcomes) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};
