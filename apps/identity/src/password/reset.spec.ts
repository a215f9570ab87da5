import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { describe, expect, it } from '@jest/globals';
import { accountsForEach, type People } from '../accounts/accounts-under-test.conformance.js';
import { ORIGIN, PASSWORD, tokenIn } from '../accounts/person-under-test.conformance.js';
import { type IdentityUnderTest } from '../start.conformance.js';

const EMAIL = 'grace@example.test';
const ANOTHER = 'four slow boats up the river';

describe('a forgotten password', () => {
  let identity: IdentityUnderTest;
  let people: People;

  accountsForEach({ emails: [EMAIL] }, (world) => {
    ({ identity, people } = world);
  });

  const takenUp = () =>
    waitUntil(
      'what was asked for',
      async () => (await identity.owner.query('SELECT 1 FROM asked_mails')).length === 0,
      10_000,
    );
  const resetToken = async () => {
    await people.forgot(EMAIL);
    return tokenIn(await identity.nextMail(EMAIL));
  };

  it('is set anew with a link, which ends every session and signs nobody in', async () => {
    const sessions = [await people.enter(EMAIL), await people.enter(EMAIL)];
    identity.clock.advanceSeconds(1);
    await people.forgot('GRACE@example.test');
    const mail = await identity.nextMail(EMAIL);
    expect(mail.text).toContain('https://gatehouse.example.test/reset-password#token=');
    expect(await people.reset(tokenIn(mail), ANOTHER)).toEqual({ kind: 'password_reset' });
    for (const { sessionToken } of sessions) {
      expect(await identity.authenticate(sessionToken)).toEqual({ kind: 'refused', code: 'session_ended' });
    }
    expect((await people.login(EMAIL)).kind).toBe('credentials_invalid');
    expect((await people.login(EMAIL, ANOTHER)).kind).toBe('signed_in');
    expect((await identity.nextMail(EMAIL)).subject).toBe('Your password was changed');
    const rows = await identity.owner.query(
      `SELECT action FROM audit_events WHERE action LIKE 'password.%' ORDER BY at, id`,
    );
    expect(rows.map((row: { action: string }) => row.action).sort()).toEqual([
      'password.reset',
      'password.reset_asked',
    ]);
  });

  it('is answered alike for known, unknown and disabled addresses, and mails only the known one [H-035]', async () => {
    await identity.owner.query(
      `INSERT INTO accounts (id, email, email_lookup, name, created_at, disabled_at)
       VALUES ('acc_x', 'disabled@example.test', 'disabled@example.test', '', now(), now())`,
    );
    const before = identity.mails.length;
    for (const email of [EMAIL, 'nobody@example.test', 'disabled@example.test']) {
      expect(await people.forgot(email)).toEqual({ kind: 'asked' });
    }
    await takenUp();
    await identity.nextMail(EMAIL);
    expect(identity.mails.slice(before).map(({ to }) => to)).toEqual([EMAIL]);
    const rows = await identity.owner.query(`SELECT recipient FROM mails WHERE template = 'password-reset'`);
    expect(rows).toEqual([{ recipient: EMAIL }]);
    expect(await people.forgot('no address')).toEqual({ kind: 'email_invalid' });
  });

  it('has a link that works once, also for 20 at once on three replicas [H-046]', async () => {
    await identity.start();
    await identity.start();
    const token = await resetToken();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, at) => people.reset(token, `${ANOTHER} number ${at}`)),
    );
    expect(outcomes.filter(({ kind }) => kind === 'password_reset')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'link_invalid')).toHaveLength(19);
    const at = outcomes.findIndex(({ kind }) => kind === 'password_reset');
    expect((await people.login(EMAIL, `${ANOTHER} number ${at}`)).kind).toBe('signed_in');
  });

  it('has a link for ten minutes, until the next one is asked for, and until the password is another one [P-13, H-046]', async () => {
    const over = await resetToken();
    identity.clock.advanceSeconds(600);
    expect(await people.reset(over, ANOTHER)).toEqual({ kind: 'link_invalid' });
    const replaced = await resetToken();
    const good = await resetToken();
    expect(await people.reset(replaced, ANOTHER)).toEqual({ kind: 'link_invalid' });
    expect(await people.reset(good, ANOTHER)).toEqual({ kind: 'password_reset' });
    expect(await people.reset(good, ANOTHER)).toEqual({ kind: 'link_invalid' });
    for (const token of ['', 'x', good.slice(1)]) {
      expect(await people.reset(token, ANOTHER)).toEqual({ kind: 'link_invalid' });
    }
  });

  it('keeps the link where the new password is refused, also for being made of names [P-04]', async () => {
    await identity.owner.query(`UPDATE organizations SET name = 'Persephone Industries'`);
    const token = await resetToken();
    const hashed = identity.hashing.hashed;
    for (const [password, code] of [
      ['elevenchars', 'password_too_short'],
      ['Persephone2026', 'password_too_common'],
      ['grace-gatehouse', 'password_too_common'],
    ] as const) {
      expect(await people.reset(token, password)).toMatchObject({ kind: 'refused', code });
    }
    expect(identity.hashing.hashed).toBe(hashed);
    expect(await people.reset(token, ANOTHER)).toEqual({ kind: 'password_reset' });
  });

  it('leaves a second factor as it is [P-12]', async () => {
    await identity.owner.query(
      `INSERT INTO totp_secrets (account_id, secret_sealed, created_at, confirmed_at)
       SELECT id, '\\x00', now(), now() FROM accounts`,
    );
    expect(await people.reset(await resetToken(), ANOTHER)).toEqual({ kind: 'password_reset' });
    expect(await people.login(EMAIL, ANOTHER)).toMatchObject({ kind: 'second_factor_required', methods: ['totp'] });
    expect(await identity.owner.query('SELECT 1 FROM sessions')).toEqual([]);
  });

  it('opens nothing to a sign-in that compared it before it was replaced', async () => {
    const token = await resetToken();
    const [, ...logins] = await Promise.all([
      people.reset(token, ANOTHER),
      ...Array.from({ length: 5 }, () => people.login(EMAIL)),
    ]);
    for (const outcome of logins) {
      if (outcome.kind !== 'signed_in') continue;
      expect(await identity.authenticate(outcome.sessionToken)).toEqual({ kind: 'refused', code: 'session_ended' });
    }
    expect((await people.login(EMAIL)).kind).toBe('credentials_invalid');
  });

  it('is mailed five times in an hour at most, and asked for by one client a hundred times', async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => people.forgot(EMAIL)));
    expect(asked).toEqual(asked.map(() => ({ kind: 'asked' })));
    await takenUp();
    const count = async () =>
      (await identity.owner.query(`SELECT 1 FROM mails WHERE template = 'password-reset'`)).length;
    expect(await count()).toBe(5);
    await identity.owner.query(`UPDATE allowances SET taken = 100 WHERE kind = 'client:asked_mails'`);
    expect((await people.forgot(EMAIL)).kind).toBe('too_many_attempts');
    expect((await people.forgot(EMAIL, { ...ORIGIN, address: '192.0.2.99' })).kind).toBe('asked');
  });

  it('lets its owner in again whom somebody has locked out [H-042]', async () => {
    for (let attempt = 0; attempt < 10; attempt += 1) await people.login(EMAIL, 'not the right password');
    expect((await people.login(EMAIL, PASSWORD)).kind).toBe('too_many_attempts');
    identity.clock.advanceSeconds(1);
    expect(await people.reset(await resetToken(), ANOTHER)).toEqual({ kind: 'password_reset' });
    identity.clock.advanceSeconds(1);
    expect((await people.login(EMAIL, ANOTHER)).kind).toBe('signed_in');
  });
});
