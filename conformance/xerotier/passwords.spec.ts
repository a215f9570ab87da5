import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from '../browser.js';
import { tokenIn } from '../mail-link.js';
import { type PlatformWithClock, startPlatformWithClock } from '../platform-with-clock.js';

const PASSWORD = 'nine copper bells over the bay';
const ANOTHER = 'four slow boats up the river';

let platform: PlatformWithClock;

beforeAll(async () => {
  platform = await startPlatformWithClock();
});
afterAll(() => platform?.stop());

/** A new person, who signs up and follows the link. */
async function join(email: string): Promise<void> {
  const nobody = platform.browser();
  const signedUp = await nobody.send('POST', '/auth/signup', { email, password: PASSWORD, name: 'Grace' });
  expect([signedUp.status, signedUp.body]).toEqual([202, { status: 'verification_sent' }]);
  const token = tokenIn(await platform.nextMail(email));
  expect((await nobody.send('POST', '/auth/email/verify', { token })).body).toEqual({ status: 'verified' });
}

async function signedIn(login: { email: string; password: string }): Promise<Browser> {
  const browser = platform.browser();
  expect((await browser.signIn(login)).body).toMatchObject({ status: 'signed_in' });
  return browser;
}

const statusOf = async (browser: Browser) => (await browser.send('GET', '/auth/session')).status;

describe('Xerotier', () => {
  it('[T24] ends every active session of an account when its password is changed, the tokens of it too', async () => {
    const login = { email: 'changes@example.test', password: PASSWORD };
    await join(login.email);
    const [laptop, phone, office] = [await signedIn(login), await signedIn(login), await signedIn(login)];
    const before = laptop.cookies.get('gatehouse_session');
    platform.clock.advanceSeconds(1);
    const change = { current_password: PASSWORD, new_password: ANOTHER };
    const wrong = await laptop.send('POST', '/auth/password/change', { ...change, current_password: 'it was another' });
    expect([wrong.status, wrong.body.code]).toEqual([403, 'password_wrong']);
    expect([await statusOf(laptop), await statusOf(phone), await statusOf(office)]).toEqual([200, 200, 200]);
    const changed = await laptop.send('POST', '/auth/password/change', change);
    expect([changed.status, changed.body.status]).toEqual([200, 'signed_in']);
    expect(laptop.cookies.get('gatehouse_session')).not.toBe(before);
    expect([await statusOf(laptop), await statusOf(phone), await statusOf(office)]).toEqual([200, 401, 401]);
    const old = platform.browser();
    old.cookies.set('gatehouse_session', before ?? '');
    expect(await statusOf(old)).toBe(401);
    expect((await platform.browser().signIn(login)).status).toBe(401);
    await signedIn({ ...login, password: ANOTHER });
  });

  it('[T24] ends them when a forgotten password is set anew, and signs nobody in by that', async () => {
    const login = { email: 'forgets@example.test', password: PASSWORD };
    await join(login.email);
    const phone = await signedIn(login);
    const nobody = platform.browser();
    const asked = await nobody.send('POST', '/auth/password/forgot', { email: 'Forgets@example.test' });
    const unknown = await nobody.send('POST', '/auth/password/forgot', { email: 'nobody@example.test' });
    expect([asked.status, asked.text]).toEqual([202, unknown.text]);
    const reset = { token: tokenIn(await platform.nextMail(login.email)), new_password: ANOTHER };
    const answer = await nobody.send('POST', '/auth/password/reset', reset);
    expect([answer.status, answer.body]).toEqual([200, { status: 'password_reset' }]);
    expect(nobody.cookies.size).toBe(0);
    expect(await statusOf(phone)).toBe(401);
    const again = await nobody.send('POST', '/auth/password/reset', reset);
    expect([again.status, again.body.code]).toEqual([400, 'link_invalid']);
    await signedIn({ ...login, password: ANOTHER });
  });

  it('[T24] ends them when an administrator resets the password, who never sees or chooses one', async () => {
    const login = { email: 'isreset@example.test', password: PASSWORD };
    await join(login.email);
    const phone = await signedIn(login);
    const { id } = (await phone.send('GET', '/auth/session')).body.account;
    const administrator = await signedIn(platform.admin);
    const path = `/api/v1/accounts/${id}/password-reset`;
    expect((await administrator.send('POST', path, { password: ANOTHER })).status).toBe(422);
    expect((await phone.send('POST', path, {})).status).toBe(403);
    const answer = await administrator.send('POST', path, {});
    expect([answer.status, answer.body]).toEqual([200, { id, status: 'reset_sent' }]);
    expect([await statusOf(phone), await statusOf(administrator)]).toEqual([401, 200]);
    expect((await platform.browser().signIn(login)).status).toBe(401);
    const token = tokenIn(await platform.nextMail(login.email));
    const reset = await platform.browser().send('POST', '/auth/password/reset', { token, new_password: ANOTHER });
    expect(reset.status).toBe(200);
    await signedIn({ ...login, password: ANOTHER });
  });

  it('[T27] takes passwords of 12 characters and no fewer, wherever one is set', async () => {
    const [eleven, twelve] = ['vqmzkwpxhrt', 'vqmzkwpxhrtj'];
    const tooShort = { status: 422, body: { code: 'validation_error' } };
    const nobody = platform.browser();
    const signUp = (password: string) =>
      nobody.send('POST', '/auth/signup', { email: 'twelve@example.test', password, name: 'Grace' });
    expect(await signUp(eleven)).toMatchObject(tooShort);
    expect(await signUp('e\u0301'.repeat(11))).toMatchObject(tooShort);
    expect((await signUp(twelve)).status).toBe(202);
    const token = tokenIn(await platform.nextMail('twelve@example.test'));
    await nobody.send('POST', '/auth/email/verify', { token });
    const browser = await signedIn({ email: 'twelve@example.test', password: twelve });
    const change = { current_password: twelve, new_password: eleven };
    expect(await browser.send('POST', '/auth/password/change', change)).toMatchObject(tooShort);
    await nobody.send('POST', '/auth/password/forgot', { email: 'twelve@example.test' });
    const link = tokenIn(await platform.nextMail('twelve@example.test'));
    const reset = (password: string) =>
      nobody.send('POST', '/auth/password/reset', { token: link, new_password: password });
    expect(await reset(eleven)).toMatchObject(tooShort);
    expect((await reset(`${twelve}x`)).status).toBe(200);
  });
});
