import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { describe, expect, it } from '@jest/globals';
import { accountsForEach, type People } from '../accounts/accounts-under-test.conformance.js';
import { PASSWORD, tokenIn } from '../accounts/person-under-test.conformance.js';
import { expectAuthenticated, expectSignedIn, type IdentityUnderTest } from '../start.conformance.js';

const EMAIL = 'Grace@Example.test';
const SENT = { kind: 'verification_sent' };

describe('a sign-up', () => {
  let identity: IdentityUnderTest;
  let people: People;

  accountsForEach({ emails: [] }, (world) => {
    ({ identity, people } = world);
  });

  const count = async (table: string): Promise<number> =>
    (await identity.owner.query(`SELECT count(*)::int AS n FROM ${table}`))[0].n;

  it('is no account before its link is followed; then it has an organization and a project of its own', async () => {
    expect(await people.signUp(EMAIL)).toEqual(SENT);
    expect(await count('accounts')).toBe(0);
    expect((await people.login(EMAIL)).kind).toBe('credentials_invalid');
    const mail = await identity.nextMail(EMAIL);
    expect(mail.text).toContain('https://gatehouse.example.test/verify-email#token=');
    expect(await people.verify(tokenIn(mail))).toEqual({ kind: 'verified' });
    expect(await count('sessions')).toBe(0);
    const { sessionToken, account } = expectSignedIn(await people.login('GRACE@example.test'));
    expect(account).toMatchObject({ email: EMAIL, name: 'Grace' });
    const { memberships, isOperator } = expectAuthenticated(await identity.authenticate(sessionToken));
    expect(memberships).toMatchObject([{ organizationName: 'Grace', plan: 'free', role: 'owner' }]);
    expect(isOperator).toBe(false);
    expect(await identity.owner.query('SELECT slug FROM projects')).toEqual([{ slug: 'default' }]);
    const actions = (await identity.owner.query('SELECT action FROM audit_events')).map(
      (row: { action: string }) => row.action,
    );
    expect(actions).toEqual(expect.arrayContaining(['account.created', 'organization.created', 'project.created']));
  });

  it('is no account before there is a first administrator, who would be shut out by it', async () => {
    await people.signUp(EMAIL);
    const token = tokenIn(await identity.nextMail(EMAIL));
    expect(await people.follow(token)).toEqual({ kind: 'link_invalid' });
    expect(await count('accounts')).toBe(0);
    const { claimToken } = await identity.start();
    expect((await identity.claim(claimToken ?? '')).kind).toBe('signed_in');
  });

  it('of a known address has the same answer and the same work, and another mail [H-035, H-036]', async () => {
    await people.join(EMAIL);
    const before = identity.hashing.hashed;
    expect(await people.signUp('nobody@example.test')).toEqual(SENT);
    const between = identity.hashing.hashed;
    expect(await people.signUp(EMAIL, 'another password of mine', 'Eve')).toEqual(SENT);
    expect([between - before, identity.hashing.hashed - between]).toEqual([1, 1]);
    const mail = await identity.nextMail(EMAIL);
    expect(mail.subject).toBe('You have an account already');
    expect(mail.text).not.toMatch(/token|Eve/);
    expect(await identity.owner.query('SELECT 1 FROM pending_sign_ups WHERE used_at IS NULL')).toHaveLength(1);
    expect((await people.login(EMAIL, 'another password of mine')).kind).toBe('credentials_invalid');
    expect((await people.login(EMAIL)).kind).toBe('signed_in');
  });

  it('refuses no address and a weak password in the same way, known or not [P-01, P-04]', async () => {
    await people.join(EMAIL);
    for (const [email, password, code] of [
      ['no address', PASSWORD, 'email_invalid'],
      [EMAIL, 'elevenchars', 'password_too_short'],
      ['new@example.test', 'elevenchars', 'password_too_short'],
      ['new@example.test', 'x'.repeat(4_097).slice(0, 4_096).replaceAll('x', '\u20ac'), 'password_too_long'],
      ['persephone@example.test', 'Persephone2026', 'password_too_common'],
    ] as const) {
      expect(await people.signUp(email, password)).toMatchObject({ kind: 'refused', code });
    }
    expect(await people.signUp('long@example.test', 'lower case only')).toEqual(SENT);
  });

  it('with the address of somebody else leaves nothing behind once that person follows the own link [H-038]', async () => {
    await people.signUp(EMAIL, 'the password of an attacker');
    const attackers = await identity.nextMail(EMAIL);
    await people.signUp(EMAIL);
    const own = await identity.nextMail(EMAIL);
    expect(await people.verify(tokenIn(own))).toEqual({ kind: 'verified' });
    expect(await people.verify(tokenIn(attackers))).toEqual({ kind: 'link_invalid' });
    expect((await people.login(EMAIL, 'the password of an attacker')).kind).toBe('credentials_invalid');
    expect((await people.login(EMAIL)).kind).toBe('signed_in');
    expect(await count('accounts')).toBe(1);
  });

  it('of somebody else opens with the password of who follows the link, and with no other [H-038]', async () => {
    await people.signUp(EMAIL, 'the password of an attacker');
    const token = tokenIn(await identity.nextMail(EMAIL));
    expect(await people.verify(token, PASSWORD)).toEqual({ kind: 'verified' });
    expect((await people.login(EMAIL, 'the password of an attacker')).kind).toBe('credentials_invalid');
    expect((await people.login(EMAIL)).kind).toBe('signed_in');
    expect(await people.verify(token, 'the password of an attacker')).toEqual({ kind: 'link_invalid' });
    expect((await people.login(EMAIL, 'the password of an attacker')).kind).toBe('credentials_invalid');
  });

  it('keeps its link where the password that comes with it is refused, and works for no link that is none', async () => {
    await people.signUp(EMAIL);
    const token = tokenIn(await identity.nextMail(EMAIL));
    const before = identity.hashing.hashed;
    for (const [password, code] of [
      ['', 'password_too_short'],
      ['elevenchars', 'password_too_short'],
      ['gracegatehouse', 'password_too_common'],
    ] as const) {
      expect(await people.verify(token, password)).toMatchObject({ kind: 'refused', code });
    }
    for (const wrong of ['', 'x', `${token}x`]) {
      expect(await people.verify(wrong, PASSWORD)).toEqual({ kind: 'link_invalid' });
    }
    expect(identity.hashing.hashed).toBe(before);
    expect(await count('accounts')).toBe(0);
    expect(await people.verify(token)).toEqual({ kind: 'verified' });
    expect((await people.login(EMAIL)).kind).toBe('signed_in');
  });

  it('gets one password where its link is followed with many at once', async () => {
    await identity.start();
    await people.signUp(EMAIL, 'the password of an attacker');
    const token = tokenIn(await identity.nextMail(EMAIL));
    const passwords = Array.from({ length: 8 }, (_, number) => `a password of its own, ${number}`);
    const outcomes = await Promise.all(passwords.map((password) => people.verify(token, password)));
    expect(outcomes.filter(({ kind }) => kind === 'verified')).toHaveLength(1);
    const chosen = passwords[outcomes.findIndex(({ kind }) => kind === 'verified')];
    expect((await people.login(EMAIL, chosen)).kind).toBe('signed_in');
    expect(await count('passwords')).toBe(1);
  });

  it('sends no link again where several wait: it could be that of somebody else [H-038]', async () => {
    await people.signUp(EMAIL, 'the password of an attacker');
    await people.signUp(EMAIL);
    await identity.nextMail(EMAIL);
    await identity.nextMail(EMAIL);
    expect(await people.resend(EMAIL)).toEqual({ kind: 'asked' });
    await waitUntil('the question', async () => (await count('asked_mails')) === 0, 10_000);
    expect(await count('mails')).toBe(2);
  });

  it('has a link that works once, whoever follows it at once on three replicas', async () => {
    await identity.start();
    await identity.start();
    await people.signUp(EMAIL);
    const token = tokenIn(await identity.nextMail(EMAIL));
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => people.verify(token)));
    expect(outcomes.filter(({ kind }) => kind === 'verified')).toHaveLength(1);
    expect(await people.verify(token)).toEqual({ kind: 'link_invalid' });
    for (const table of ['accounts', 'organizations', 'memberships', 'projects', 'passwords']) {
      expect(await count(table)).toBe(1);
    }
  });

  it('becomes one account where many links of one address are followed at once', async () => {
    await identity.start();
    await identity.start();
    const passwords = [1, 2, 3, 4, 5].map((number) => `a password of its own, ${number}`);
    for (const password of passwords) await people.signUp(EMAIL, password);
    const tokens = [];
    for (const _ of passwords) tokens.push(tokenIn(await identity.nextMail(EMAIL)));
    const many = [...tokens, ...tokens, ...tokens, ...tokens];
    const outcomes = await Promise.all(many.map((token) => people.verify(token)));
    expect(outcomes.filter(({ kind }) => kind === 'verified')).toHaveLength(1);
    expect(await count('accounts')).toBe(1);
  });

  it('has a link for ten minutes and no second longer; a new one can be asked for within a day [P-13]', async () => {
    await people.signUp(EMAIL);
    const first = tokenIn(await identity.nextMail(EMAIL));
    identity.clock.advanceSeconds(600);
    expect(await people.verify(first)).toEqual({ kind: 'link_invalid' });
    expect(await people.resend(EMAIL)).toEqual({ kind: 'asked' });
    const second = tokenIn(await identity.nextMail(EMAIL));
    expect(second).not.toBe(first);
    identity.clock.advanceSeconds(599);
    expect(await people.verify(first)).toEqual({ kind: 'link_invalid' });
    expect(await people.verify(second)).toEqual({ kind: 'verified' });
  });

  it('voids the link before, where another one is asked for', async () => {
    await people.signUp(EMAIL);
    const first = tokenIn(await identity.nextMail(EMAIL));
    await people.resend(EMAIL);
    const second = tokenIn(await identity.nextMail(EMAIL));
    expect(await people.verify(first)).toEqual({ kind: 'link_invalid' });
    expect(await people.verify(second)).toEqual({ kind: 'verified' });
  });

  it('mails an address five times in an hour at most, and tells nobody of it', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => people.signUp(EMAIL)));
    expect(outcomes).toEqual(outcomes.map(() => SENT));
    expect(await count('mails')).toBe(5);
    expect(await count('pending_sign_ups')).toBe(5);
    identity.clock.advanceSeconds(3_600);
    expect(await people.signUp(EMAIL)).toEqual(SENT);
    expect(await count('mails')).toBe(6);
  });

  it('is refused where one client signs up all the time, and for nobody else [R-05]', async () => {
    const window = new Date(identity.clock.nowMs());
    await people.signUp('first@example.test');
    await identity.owner.query(
      `UPDATE allowances SET taken = 99, window_started_at = $1 WHERE kind = 'client:sign_ups'`,
      [window],
    );
    expect(await people.signUp('second@example.test')).toEqual(SENT);
    expect(await people.signUp('third@example.test')).toEqual({ kind: 'too_many_attempts', retryAfterSeconds: 3_600 });
    const elsewhere = { address: '192.0.2.8', userAgent: '', requestId: '' };
    expect(await people.signUp('third@example.test', PASSWORD, 'Third', elsewhere)).toEqual(SENT);
    identity.clock.advanceSeconds(3_600);
    expect(await people.signUp('fourth@example.test')).toEqual(SENT);
  });
});
