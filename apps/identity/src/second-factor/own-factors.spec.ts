import { confirmTotp, enrolTotp } from '@gatehouse/contracts/second-factor';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ADMIN, ADMIN_ENVIRONMENT, type IdentityUnderTest, identityTests } from '../start.conformance.js';
import {
  answer,
  codeOf,
  disable,
  enrol,
  factorsOf,
  kindsOf,
  type PersonUnderTest,
  passwordStep,
  passwordSteps,
  personBehind,
  renew,
  signedInPerson,
  wrongCode,
} from './authenticator.conformance.js';

const MINUTE = 60;
const MAILBOX = ADMIN.email;

describe('who sets up a second factor', () => {
  let tests: Awaited<ReturnType<typeof identityTests>>;
  let identity: IdentityUnderTest;
  let own: PersonUnderTest;

  beforeAll(async () => {
    tests = await identityTests();
  });
  afterAll(() => tests.stop());
  beforeEach(async () => {
    identity = await tests.open();
    for (let replica = 0; replica < 3; replica += 1) await identity.start(ADMIN_ENVIRONMENT);
    own = await signedInPerson(identity);
  });
  afterEach(() => identity.stop());

  const begin = async (person = own.person) => {
    const begun = await identity.ask(enrolTotp, { person });
    if (begun.kind !== 'enrolling') throw new Error(begun.kind);
    return begun;
  };
  const confirm = (code: string, person = own.person) => identity.ask(confirmTotp, { person, code });
  /** A session that was opened with a code, just now. */
  const signInWith = async (code: string) => {
    const signedIn = await answer(identity, await passwordStep(identity), code);
    if (signedIn.kind !== 'signed_in') throw new Error(signedIn.kind);
    return personBehind(identity, signedIn.sessionToken);
  };

  it('gets a secret for the authenticator, confirms a code of it, and gets ten backup codes [T14]', async () => {
    const { secret, otpauthUri } = await begin();
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    const uri = new URL(otpauthUri);
    expect(decodeURIComponent(uri.pathname)).toBe(`/Gatehouse (gatehouse.example.test):${ADMIN.email}`);
    expect(uri.searchParams.get('secret')).toBe(secret);
    expect(await factorsOf(identity, own.person)).toMatchObject({ totpSince: null, backupCodesLeft: 0 });
    expect(await confirm(wrongCode(secret, identity))).toEqual({ kind: 'code_wrong' });
    const confirmed = await confirm(codeOf(secret, identity));
    if (confirmed.kind !== 'confirmed') throw new Error(confirmed.kind);
    expect(new Set(confirmed.backupCodes).size).toBe(10);
    expect(await factorsOf(identity, own.person)).toEqual({
      kind: 'found',
      totpSince: new Date(identity.clock.nowMs()).toISOString(),
      passkeys: 0,
      backupCodesLeft: 10,
    });
    // The code that confirmed is used.
    expect((await answer(identity, await passwordStep(identity), codeOf(secret, identity))).kind).toBe('code_wrong');
    const mail = await identity.nextMail(MAILBOX);
    expect([mail.to, identity.mails.length]).toEqual([MAILBOX, 1]);
  });

  it('has to have signed in lately [H-055, M-09]', async () => {
    identity.clock.advanceSeconds(5 * MINUTE);
    expect(await identity.ask(enrolTotp, { person: own.person })).toEqual({ kind: 'reauth_required' });
    await identity.signOut(own.person.sessionId);
    expect(await identity.ask(enrolTotp, { person: own.person })).toEqual({ kind: 'session_ended' });
    const other = { ...own.person, accountId: 'acc_somebody_else' };
    expect(await identity.ask(enrolTotp, { person: other })).toEqual({ kind: 'session_ended' });
  });

  it('is not locked out by what was begun and left [H-055]', async () => {
    await begin();
    expect((await identity.signIn(ADMIN.email, ADMIN.password)).kind).toBe('signed_in');
  });

  it('confirms in the session in which it began, within ten minutes [H-055]', async () => {
    const { secret } = await begin();
    const elsewhere = await signedInPerson(identity);
    expect(await confirm(codeOf(secret, identity), elsewhere.person)).toEqual({ kind: 'enrolment_missing' });
    identity.clock.advanceSeconds(10 * MINUTE - 1);
    expect(await confirm(wrongCode(secret, identity))).toEqual({ kind: 'code_wrong' });
    identity.clock.advanceSeconds(1);
    expect(await confirm(codeOf(secret, identity))).toEqual({ kind: 'enrolment_missing' });
  });

  it('confirms once, of twenty at once', async () => {
    const { secret } = await begin();
    const code = codeOf(secret, identity);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => confirm(code)));
    expect(kindsOf(outcomes)['confirmed']).toBe(1);
    const [{ count }] = await identity.owner.query('SELECT count(*)::int AS count FROM backup_codes');
    expect(count).toBe(10);
  });

  it('ends every other session with it, and waiting sign-ins too, and keeps this one [H-076]', async () => {
    const elsewhere = await signedInPerson(identity);
    await enrol(identity, own.person);
    expect(await identity.authenticate(elsewhere.sessionToken)).toEqual({ kind: 'refused', code: 'session_ended' });
    expect((await identity.authenticate(own.sessionToken)).kind).toBe('authenticated');
  });

  it('removes it with a code of the authenticator, and voids secret, backup codes and waiting sign-ins [T16, M-12]', async () => {
    const { secret, backupCodes } = await enrol(identity, own.person);
    const waiting = await passwordStep(identity);
    for (const code of [wrongCode(secret, identity), backupCodes[0] ?? '', '']) {
      expect(await disable(identity, own.person, code)).toEqual({ kind: 'code_wrong' });
    }
    expect(await disable(identity, own.person, codeOf(secret, identity))).toEqual({ kind: 'disabled' });
    expect(await answer(identity, waiting, backupCodes[0] ?? '')).toEqual({ kind: 'challenge_ended' });
    expect((await identity.signIn(ADMIN.email, ADMIN.password)).kind).toBe('signed_in');
    for (const table of ['totp_secrets', 'totp_enrolments', 'backup_codes']) {
      expect(await identity.owner.query(`SELECT 1 FROM ${table}`)).toHaveLength(0);
    }
    expect(await disable(identity, own.person, codeOf(secret, identity))).toEqual({ kind: 'second_factor_off' });
    const events: { action: string }[] = await identity.owner.query(
      `SELECT action FROM audit_events WHERE action LIKE 'second_factor%' ORDER BY at, id`,
    );
    expect(kindsOf(events.map(({ action }) => ({ kind: action })))).toEqual({
      'second_factor.enabled': 1,
      'second_factor.refused': 3,
      'second_factor.disabled': 1,
    });
  });

  it('has to have signed in lately to remove it or to make codes, whatever the code [M-08, M-09]', async () => {
    const { secret } = await enrol(identity, own.person);
    identity.clock.advanceSeconds(5 * MINUTE);
    expect(await disable(identity, own.person, codeOf(secret, identity))).toEqual({ kind: 'reauth_required' });
    expect(await renew(identity, own.person, codeOf(secret, identity))).toEqual({ kind: 'reauth_required' });
    // Neither used the code up.
    const again = await signInWith(codeOf(secret, identity));
    expect(await disable(identity, again.person, codeOf(secret, identity))).toEqual({ kind: 'code_wrong' });
    identity.clock.advanceSeconds(30);
    expect(await disable(identity, again.person, codeOf(secret, identity))).toEqual({ kind: 'disabled' });
  });

  it('makes new backup codes with a code of the authenticator, and every earlier one is void [T21]', async () => {
    const { secret, backupCodes } = await enrol(identity, own.person);
    expect(await renew(identity, own.person, backupCodes[0] ?? '')).toEqual({ kind: 'code_wrong' });
    const renewed = await renew(identity, own.person, codeOf(secret, identity));
    if (renewed.kind !== 'renewed') throw new Error(renewed.kind);
    expect(new Set([...backupCodes, ...renewed.backupCodes]).size).toBe(20);
    for (const old of backupCodes.slice(0, 3)) {
      expect((await answer(identity, await passwordStep(identity), old)).kind).toBe('code_wrong');
    }
    await signInWith(renewed.backupCodes[0] ?? '');
    expect(await renew(identity, own.person, codeOf(secret, identity))).toEqual({ kind: 'code_wrong' });
  });

  it('never has two live sets, also where old codes are used while new ones are made [H-054]', async () => {
    const { secret, backupCodes } = await enrol(identity, own.person);
    identity.clock.advanceSeconds(MINUTE);
    const challenges = await passwordSteps(identity, 20);
    let renewedAt = Number.POSITIVE_INFINITY;
    const [renewed, ...used] = await Promise.all([
      renew(identity, own.person, codeOf(secret, identity)).then((outcome) => {
        renewedAt = performance.now();
        return outcome;
      }),
      ...challenges.map(async (challenge, at) => {
        const began = performance.now();
        const { kind } = await answer(identity, challenge, backupCodes[at % 10] ?? '');
        return { kind, afterwards: began > renewedAt };
      }),
    ]);
    // All of the ten attempts may have been taken by the others.
    const [{ live }] = await identity.owner.query(
      'SELECT count(DISTINCT created_at)::int AS live FROM backup_codes WHERE used_at IS NULL',
    );
    expect(live).toBe(1);
    expect(used.some(({ kind, afterwards }) => afterwards && kind === 'signed_in')).toBe(false);
    if (renewed.kind === 'renewed') {
      identity.clock.advanceSeconds(16 * MINUTE);
      for (const old of backupCodes.slice(0, 5)) {
        expect((await answer(identity, await passwordStep(identity), old)).kind).toBe('code_wrong');
      }
    }
  });

  it('guesses at every door from one budget [M-11, H-041]', async () => {
    const { secret } = await enrol(identity, own.person);
    const wrong = wrongCode(secret, identity);
    const challenge = await passwordStep(identity);
    // One went into setting up.
    for (let round = 0; round < 3; round += 1) {
      expect((await disable(identity, own.person, wrong)).kind).toBe('code_wrong');
      expect((await renew(identity, own.person, wrong)).kind).toBe('code_wrong');
      expect((await answer(identity, challenge, wrong)).kind).toBe('code_wrong');
    }
    for (const outcome of [
      await disable(identity, own.person, codeOf(secret, identity)),
      await renew(identity, own.person, codeOf(secret, identity)),
      await confirm(codeOf(secret, identity)),
      await answer(identity, challenge, codeOf(secret, identity)),
    ]) {
      expect(outcome.kind).toBe('too_many_attempts');
    }
  });

  it('replaces a lost device after signing in with a backup code', async () => {
    const old = await enrol(identity, own.person);
    identity.clock.advanceSeconds(MINUTE);
    const back = await signInWith(old.backupCodes[0] ?? '');
    const { secret } = await begin(back.person);
    // Until it is confirmed, the old one stands.
    await signInWith(codeOf(old.secret, identity));
    expect((await confirm(codeOf(secret, identity), back.person)).kind).toBe('confirmed');
    identity.clock.advanceSeconds(30);
    for (const [code, kind] of [
      [codeOf(old.secret, identity), 'code_wrong'],
      [old.backupCodes[1] ?? '', 'code_wrong'],
      [codeOf(secret, identity), 'signed_in'],
    ] as const) {
      expect((await answer(identity, await passwordStep(identity), code)).kind).toBe(kind);
    }
  });

  it('hears of each change in one message [P-14]', async () => {
    const { secret } = await enrol(identity, own.person);
    await renew(identity, own.person, codeOf(secret, identity));
    identity.clock.advanceSeconds(30);
    await disable(identity, own.person, codeOf(secret, identity));
    const subjects = [];
    for (let count = 0; count < 3; count += 1) subjects.push((await identity.nextMail(MAILBOX)).subject);
    expect(subjects.sort()).toEqual([
      'A second factor now protects your account',
      'New backup codes were made for your account',
      'The second factor of your account was removed',
    ]);
    expect(identity.mails).toHaveLength(3);
  });
});
