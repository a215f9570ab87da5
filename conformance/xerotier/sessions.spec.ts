import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser } from '../browser.js';
import { type PlatformWithClock, startPlatformWithClock } from '../platform-with-clock.js';

const MINUTE = 60;

let platform: PlatformWithClock;
let browser: Browser;

beforeAll(async () => {
  platform = await startPlatformWithClock();
});
afterAll(() => platform?.stop());
beforeEach(async () => {
  browser = platform.browser();
  expect((await browser.signIn(platform.admin)).status).toBe(200);
});

const isSignedIn = async (who: Browser) => (await who.send('GET', '/auth/session')).status === 200;

describe('Xerotier', () => {
  it('[T23] has a session in a cookie that each activity extends by 60 minutes', async () => {
    expect([...browser.cookies.keys()]).toEqual(['gatehouse_session', 'gatehouse_device']);
    for (let activity = 0; activity < 4; activity++) {
      platform.clock.advanceSeconds(59 * MINUTE);
      const { body } = await browser.send('GET', '/auth/session');
      expect(Date.parse(body.expires_at)).toBe(platform.clock.nowMs() + 60 * MINUTE * 1000);
    }
    platform.clock.advanceSeconds(60 * MINUTE);
    const refused = await browser.send('GET', '/auth/session');
    expect([refused.status, refused.body.code]).toEqual([401, 'session_ended']);
  });

  it('[T23] ends a session 8 hours after the login, however active it is', async () => {
    for (let quarter = 1; quarter < 4 * 8; quarter++) {
      platform.clock.advanceSeconds(15 * MINUTE);
      expect(await isSignedIn(browser)).toBe(true);
    }
    platform.clock.advanceSeconds(15 * MINUTE);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('[T25] keeps the cookie from scripts, and with HTTPS from every other way', async () => {
    const cookie = String((await platform.browser().signIn(platform.admin)).headers['set-cookie']);
    expect(cookie).toMatch(/^gatehouse_session=[\w-]{43}; Path=\/; Max-Age=28800; HttpOnly; SameSite=Lax/);
  });

  it('[T28] lists the sessions of the account, and ends one of them or all others', async () => {
    const [laptop, phone] = [platform.browser(), platform.browser()];
    for (const each of [laptop, phone]) await each.signIn(platform.admin);
    const { body } = await laptop.send('GET', '/auth/sessions');
    const [first] = body.data;
    expect(first).toMatchObject({ proofs: ['password'], address: '127.0.0.1', user_agent: expect.any(String) });
    expect(body.data.filter(({ current }: { current: boolean }) => current)).toHaveLength(1);
    expect(JSON.stringify(body)).not.toContain(laptop.cookies.get('gatehouse_session'));

    const mine = (await phone.send('GET', '/auth/sessions')).body.data.find(
      ({ current }: { current: boolean }) => current,
    );
    expect((await laptop.send('DELETE', `/auth/sessions/${mine.id}`)).status).toBe(204);
    expect([await isSignedIn(phone), await isSignedIn(laptop)]).toEqual([false, true]);

    expect((await laptop.send('DELETE', '/auth/sessions')).body.ended).toBeGreaterThan(0);
    expect([await isSignedIn(browser), await isSignedIn(laptop)]).toEqual([false, true]);
    expect((await laptop.send('GET', '/auth/sessions')).body.data).toHaveLength(1);
  });

  it('[T28] ends no session of somebody else, and none without the CSRF token', async () => {
    for (const id of ['ses_0000000000000000000000', 'ses_x', '..%2Fsession', "' OR 1=1 --"]) {
      const answer = await browser.send('DELETE', `/auth/sessions/${encodeURIComponent(id)}`);
      expect([id, answer.status]).toEqual([id, 404]);
    }
    const forged = platform.browser();
    for (const [name, value] of browser.cookies) forged.cookies.set(name, value);
    const refused = await forged.send('DELETE', '/auth/sessions');
    expect([refused.status, refused.body.code]).toEqual([403, 'csrf_token_invalid']);
    expect(await isSignedIn(browser)).toBe(true);
  });
});
