import * as accounts from '@gatehouse/contracts/accounts';
import { describe, expect, it } from '@jest/globals';
import { accountsForEach, type People } from '../accounts/accounts-under-test.conformance.js';
import { PASSWORD, tokenIn } from '../accounts/person-under-test.conformance.js';
import { expectSignedIn, type IdentityUnderTest } from '../start.conformance.js';

const EMAIL = 'grace@example.test';
const ANOTHER = 'four slow boats up the river';

describe('a change of password', () => {
  let identity: IdentityUnderTest;
  let people: People;

  accountsForEach({ emails: [EMAIL] }, (world) => {
    ({ identity, people } = world);
  });

  type Entered = Awaited<ReturnType<typeof people.enter>>;
  const change = ({ person }: Entered, currentPassword: string, newPassword: string, deviceToken?: string) =>
    identity.ask(accounts.changePassword, { person, currentPassword, newPassword, deviceToken });

  it('ends every session on every replica, and goes on in a new one [T24, P-06, H-076]', async () => {
    await identity.start();
    const mine = await people.enter(EMAIL);
    const others = [await people.enter(EMAIL), await people.enter(EMAIL)];
    identity.clock.advanceSeconds(1);
    const changed = expectSignedIn((await change(mine, PASSWORD, ANOTHER)) as never);
    for (const { sessionToken } of [mine, ...others]) {
      expect(await identity.authenticate(sessionToken)).toEqual({ kind: 'refused', code: 'session_ended' });
    }
    expect((await identity.authenticate(changed.sessionToken)).kind).toBe('authenticated');
    expect((await people.login(EMAIL)).kind).toBe('credentials_invalid');
    expect((await people.login(EMAIL, ANOTHER)).kind).toBe('signed_in');
    expect((await identity.nextMail(EMAIL)).subject).toBe('Your password was changed');
    const rows = await identity.owner.query(`SELECT target FROM audit_events WHERE action = 'password.changed'`);
    expect(rows).toEqual([{ target: mine.accountId }]);
  });

  it('needs the present password and a good new one, and changes nothing without [P-06]', async () => {
    const mine = await people.enter(EMAIL);
    expect(await change(mine, 'not the right password', ANOTHER)).toEqual({ kind: 'password_wrong' });
    expect(await change(mine, PASSWORD, 'elevenchars')).toMatchObject({ kind: 'refused', code: 'password_too_short' });
    expect(await change(mine, PASSWORD, 'gracegatehouse')).toMatchObject({ code: 'password_too_common' });
    expect((await identity.authenticate(mine.sessionToken)).kind).toBe('authenticated');
    expect((await people.login(EMAIL)).kind).toBe('signed_in');
  });

  it('is made in a session that stands, of the account that it is about', async () => {
    const mine = await people.enter(EMAIL);
    await people.join('eve@example.test');
    const eve = await people.enter('eve@example.test');
    const mixed = { ...eve, person: { ...eve.person, accountId: mine.accountId } };
    expect(await change(mixed, PASSWORD, ANOTHER)).toEqual({ kind: 'session_ended' });
    await identity.signOut(mine.person.sessionId);
    expect(await change(mine, PASSWORD, ANOTHER)).toEqual({ kind: 'session_ended' });
    expect((await people.login(EMAIL)).kind).toBe('signed_in');
  });

  it('is made once by twenty at once on three replicas', async () => {
    await identity.start();
    await identity.start();
    const mine = await people.enter(EMAIL);
    identity.clock.advanceSeconds(1);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, at) => change(mine, PASSWORD, `${ANOTHER} ${at}`)),
    );
    expect(outcomes.filter(({ kind }) => kind === 'signed_in')).toHaveLength(1);
    const standing = await identity.owner.query('SELECT 1 FROM sessions WHERE ended_at IS NULL');
    expect(standing).toHaveLength(1);
  });

  it('keeps what the session before had shown: a second factor stays one', async () => {
    const mine = await people.enter(EMAIL);
    await identity.owner.query(`UPDATE sessions SET proofs = '{password,totp}'`);
    await identity.owner.query(
      `INSERT INTO totp_secrets (account_id, secret_sealed, created_at, confirmed_at)
       SELECT id, '\\x00', now(), now() FROM accounts`,
    );
    expect((await change(mine, PASSWORD, ANOTHER)).kind).toBe('signed_in');
    const [row] = await identity.owner.query('SELECT proofs FROM sessions WHERE ended_at IS NULL');
    expect(row.proofs).toEqual(['password', 'totp']);
  });

  it('voids links that were mailed before, and makes strangers of all devices but this one', async () => {
    const mine = await people.enter(EMAIL);
    const device = (await people.remember(mine.sessionToken)).deviceToken ?? '';
    const elsewhere = (await people.remember(mine.sessionToken)).deviceToken ?? '';
    await people.forgot(EMAIL);
    const mails = [await identity.nextMail(EMAIL), await identity.nextMail(EMAIL)];
    const link = mails.find(({ text }) => text.includes('#token='));
    identity.clock.advanceSeconds(1);
    expect((await change(mine, PASSWORD, ANOTHER, device)).kind).toBe('signed_in');
    expect(await people.reset(tokenIn(link ?? (mails[0] as never)), PASSWORD)).toEqual({ kind: 'link_invalid' });
    for (let attempt = 0; attempt < 10; attempt += 1) await people.login(EMAIL, 'not the right password');
    expect((await people.login(EMAIL, ANOTHER, elsewhere)).kind).toBe('too_many_attempts');
    expect((await people.login(EMAIL, ANOTHER, device)).kind).toBe('signed_in');
  });
});
