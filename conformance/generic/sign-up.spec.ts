import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tokenIn } from '../mail-link.js';
import { type PlatformWithClock, startPlatformWithClock } from '../platform-with-clock.js';
import { bearer, send } from '../send.js';

const LOGIN = { email: 'grace@example.test', password: 'nine copper bells over the bay' };

let platform: PlatformWithClock;

beforeAll(async () => {
  platform = await startPlatformWithClock();
});
afterAll(() => platform?.stop());

describe('the generic AI API', () => {
  it('[G2] lets a person sign up, create a key, and copy it once', async () => {
    const browser = platform.browser();
    await browser.send('POST', '/auth/signup', { ...LOGIN, name: 'Grace' });
    const token = tokenIn(await platform.nextMail(LOGIN.email));
    expect((await browser.signIn(LOGIN)).status).toBe(401);
    expect((await browser.send('POST', '/auth/email/verify', { token })).body).toEqual({ status: 'verified' });
    expect((await browser.signIn(LOGIN)).body).toMatchObject({ status: 'signed_in', account: { email: LOGIN.email } });
    const created = await browser.send('POST', '/api/v1/keys', {
      api: 'generic',
      name: 'Development',
      scopes: ['read'],
    });
    expect(created.status).toBe(201);
    const { id, key } = created.body;
    const listed = await browser.send('GET', '/api/v1/keys');
    expect(listed.body.data).toMatchObject([{ id, name: 'Development' }]);
    expect(listed.text + (await browser.send('GET', `/api/v1/keys/${id}`)).text).not.toContain(key);
    const used = await send(`${platform.url}/apis/generic/v1/generate`, {
      method: 'POST',
      headers: bearer(key),
      json: { prompt: 'Hello' },
    });
    expect(used.status).toBe(200);
  });

  it('[G2] keeps what one person has signed up for from every other one', async () => {
    const [owner, stranger] = [platform.browser(), platform.browser()];
    for (const [browser, email] of [
      [owner, 'one@example.test'],
      [stranger, 'other@example.test'],
    ] as const) {
      await browser.send('POST', '/auth/signup', { ...LOGIN, email, name: email });
      await browser.send('POST', '/auth/email/verify', { token: tokenIn(await platform.nextMail(email)) });
      await browser.signIn({ ...LOGIN, email });
    }
    const { id } = (await owner.send('POST', '/api/v1/keys', { api: 'generic', name: 'mine', scopes: [] })).body;
    expect((await stranger.send('GET', `/api/v1/keys/${id}`)).status).toBe(404);
    expect((await stranger.send('POST', `/api/v1/keys/${id}/revoke`, {})).status).toBe(404);
    expect((await stranger.send('GET', '/api/v1/keys')).body.data).toEqual([]);
  });
});
