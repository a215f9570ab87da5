import * as accounts from '@gatehouse/contracts/accounts';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ADMIN, ADMIN_ENVIRONMENT, type IdentityUnderTest } from '../start.conformance.js';
import { accountsForEach, type People } from './accounts-under-test.conformance.js';
import { PASSWORD, tokenIn } from './person-under-test.conformance.js';

const EMAIL = 'grace@example.test';
const ANOTHER = 'four slow boats up the river';
const CHANGED = { kind: 'changed' };

describe('an operator', () => {
  let identity: IdentityUnderTest;
  let people: People;
  type Entered = Awaited<ReturnType<typeof people.enter>>;
  let operator: Entered;
  let grace: Entered;

  accountsForEach({ emails: [EMAIL], environment: ADMIN_ENVIRONMENT }, (world) => {
    ({ identity, people } = world);
  });
  beforeEach(async () => {
    operator = await people.enter(ADMIN.email, ADMIN.password);
    grace = await people.enter(EMAIL);
    identity.clock.advanceSeconds(1);
  });

  type Change = Parameters<typeof identity.ask<(typeof accounts.changeAccount)['input'], never>>[1]['change'];
  const change = ({ person }: Entered, accountId: string, what: Change) =>
    identity.ask(accounts.changeAccount, { person, accountId, change: what });

  it('resets a password: every session ends, and only the owner can choose another one [T24, P-16]', async () => {
    const device = (await people.remember(grace.sessionToken)).deviceToken ?? '';
    expect(await change(operator, grace.accountId, { kind: 'reset_password' })).toEqual(CHANGED);
    expect(await identity.authenticate(grace.sessionToken)).toEqual({ kind: 'refused', code: 'session_ended' });
    expect((await people.login(EMAIL, PASSWORD, device)).kind).toBe('credentials_invalid');
    expect((await identity.authenticate(operator.sessionToken)).kind).toBe('authenticated');
    const mail = await identity.nextMail(EMAIL);
    expect(mail.subject).toBe('You have to choose a new password');
    expect(await people.reset(tokenIn(mail), ANOTHER)).toEqual({ kind: 'password_reset' });
    expect((await people.login(EMAIL, ANOTHER)).kind).toBe('signed_in');
    const rows = await identity.owner.query(`SELECT * FROM audit_events WHERE action = 'password.reset_by_operator'`);
    expect(rows).toMatchObject([{ actor_account_id: operator.accountId, target: grace.accountId }]);
  });

  it('disables an account, on every replica at once and for every way in, and enables it again [S-04, H-014]', async () => {
    await identity.start();
    await people.forgot(EMAIL);
    const link = tokenIn(await identity.nextMail(EMAIL));
    expect(await change(operator, grace.accountId, { kind: 'disable', reason: 'left' })).toEqual(CHANGED);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      expect(await identity.authenticate(grace.sessionToken)).toEqual({ kind: 'refused', code: 'session_ended' });
      expect((await people.login(EMAIL)).kind).toBe('account_disabled');
    }
    expect(await people.reset(link, ANOTHER)).toEqual({ kind: 'link_invalid' });
    expect((await people.login(EMAIL, 'not the right password')).kind).toBe('credentials_invalid');
    expect((await identity.nextMail(EMAIL)).subject).toBe('Your account was disabled');
    expect(await change(operator, grace.accountId, { kind: 'enable' })).toEqual(CHANGED);
    expect((await identity.nextMail(EMAIL)).subject).toBe('Your account is open again');
    expect((await people.login(EMAIL)).kind).toBe('signed_in');
  });

  it('leaves no session to sign-ins that race with the disabling', async () => {
    await identity.start();
    const [, ...logins] = await Promise.all([
      change(operator, grace.accountId, { kind: 'disable', reason: '' }),
      ...Array.from({ length: 20 }, () => people.login(EMAIL)),
    ]);
    for (const login of logins) {
      if (login.kind !== 'signed_in') continue;
      expect(await identity.authenticate(login.sessionToken)).toEqual({ kind: 'refused', code: 'session_ended' });
    }
    const standing = 'SELECT 1 FROM sessions WHERE account_id = $1 AND ended_at IS NULL';
    expect(await identity.owner.query(standing, [grace.accountId])).toEqual([]);
  });

  it('tells and logs a change once, however often it is made', async () => {
    const disable = () => change(operator, grace.accountId, { kind: 'disable', reason: 'left' });
    const outcomes = await Promise.all(Array.from({ length: 20 }, disable));
    expect(outcomes).toEqual(outcomes.map(() => CHANGED));
    const count = async (query: string) => (await identity.owner.query(query)).length;
    expect(await count(`SELECT 1 FROM mails WHERE template = 'account-disabled'`)).toBe(1);
    expect(await count(`SELECT 1 FROM audit_events WHERE action = 'account.disabled'`)).toBe(1);
  });

  it('is somebody at this moment, changes nobody that there is not, and never the own account', async () => {
    const reset = { kind: 'reset_password' } as const;
    expect(await change(grace, operator.accountId, reset)).toEqual({ kind: 'not_permitted' });
    expect(await change(operator, 'acc_nobody', reset)).toEqual({ kind: 'not_found' });
    expect(await change(operator, operator.accountId, reset)).toEqual({ kind: 'own_account' });
    await identity.signOut(operator.person.sessionId);
    expect(await change(operator, grace.accountId, reset)).toEqual({ kind: 'session_ended' });
    expect((await people.login(EMAIL)).kind).toBe('signed_in');
  });

  describe('who looks an account up', () => {
    const lookUp = ({ person }: Entered, email: string) => identity.ask(accounts.lookUpAccount, { person, email });
    const logged = () =>
      identity.owner.query(
        `SELECT actor_account_id AS by, target FROM audit_events WHERE action = 'account.looked_up' ORDER BY id`,
      );

    it('finds it by the whole address, however it is spelled, and how it stands', async () => {
      await change(operator, grace.accountId, { kind: 'disable', reason: 'left' });
      const found = await lookUp(operator, ` ${EMAIL.toUpperCase()}`);
      const disabledAt = new Date(identity.clock.nowMs()).toISOString();
      const account = { id: grace.accountId, email: EMAIL, name: 'Grace', disabledAt, disabledReason: 'left' };
      expect(found).toMatchObject({ kind: 'found', accounts: [account] });
      for (const part of ['grace@example', '%@example.test', 'grace_example.test', '%']) {
        expect(await lookUp(operator, part)).not.toMatchObject({ accounts: [account] });
      }
    });

    it('leaves a line in the log, whether it was found or not; nobody else finds anybody', async () => {
      expect(await lookUp(operator, 'nobody@example.test')).toEqual({ kind: 'found', accounts: [] });
      await lookUp(operator, EMAIL);
      const by = operator.accountId;
      expect(await logged()).toEqual(
        expect.arrayContaining([
          { by, target: 'nobody' },
          { by, target: grace.accountId },
        ]),
      );
      expect(await lookUp(operator, 'no address')).toEqual({ kind: 'email_invalid' });
      expect(await lookUp(grace, ADMIN.email)).toEqual({ kind: 'not_permitted' });
      await identity.signOut(operator.person.sessionId);
      expect(await lookUp(operator, EMAIL)).toEqual({ kind: 'session_ended' });
      expect(await logged()).toHaveLength(2);
    });
  });
});
