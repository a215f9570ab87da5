import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from '../browser.js';
import { type PlatformWithClock, startPlatformWithClock } from '../platform-with-clock.js';
import { bearer, send } from '../send.js';

let platform: PlatformWithClock;
let browser: Browser;
let cookie: string;

beforeAll(async () => {
  platform = await startPlatformWithClock();
  browser = platform.browser();
  await browser.signIn(platform.admin);
  cookie = `gatehouse_session=${browser.cookies.get('gatehouse_session')}`;
});
afterAll(() => platform?.stop());

/** As the document says: the content of the page's meta tag. */
async function tokenOfPage(): Promise<string> {
  const page = await send(`${platform.url}/`, { headers: { cookie } });
  return /<meta name="csrf-token" content="([^"]+)">/.exec(page.text)?.[1] ?? '';
}

const WRITES = [
  ['POST', '/api/v1/projects', { name: 'A project' }],
  ['POST', '/api/v1/keys', { api: 'exante', name: 'a key', scopes: [] }],
  ['PATCH', '/api/v1/keys/key_0000000000000000000000', { name: 'other' }],
  ['DELETE', '/api/v1/keys/key_0000000000000000000000', undefined],
  ['PUT', '/api/v1/orgs/org_0000000000000000000000/plan', { plan: 'pro' }],
  ['DELETE', '/auth/sessions', undefined],
  ['POST', '/auth/logout', {}],
] as const;

describe('Xerotier', () => {
  it.each(WRITES)(
    '[T26] refuses %s %s of the dashboard without the token of this session',
    async (method, path, json) => {
      const other = platform.browser();
      await other.signIn(platform.admin);
      const foreign = (await other.send('GET', '/auth/session')).body.csrf_token;
      const mine = await tokenOfPage();
      for (const token of [undefined, '', 'x', foreign, `${mine}x`, mine.slice(1)]) {
        const headers = { cookie, ...(token === undefined ? {} : { 'x-csrf-token': token }) };
        const answer = await send(`${platform.url}${path}`, { method, headers, json });
        expect([answer.status, (answer.json() as { code: string }).code]).toEqual([403, 'csrf_token_invalid']);
      }
    },
  );

  it("[T26] takes the token of the page's meta tag in X-CSRF-Token, as the page's example sends it", async () => {
    const token = await tokenOfPage();
    const answer = await send(`${platform.url}/api/v1/projects`, {
      method: 'POST',
      headers: { cookie, 'X-CSRF-Token': token, Origin: platform.url, 'Sec-Fetch-Site': 'same-origin' },
      json: { name: 'By the example' },
    });
    expect(answer.status).toBe(201);
  });

  it('[T26] shows a token to nobody who is not signed in', async () => {
    expect((await send(`${platform.url}/`)).text).not.toContain('csrf-token');
    const ended = { cookie: 'gatehouse_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' };
    expect((await send(`${platform.url}/`, { headers: ended })).text).not.toContain('csrf-token');
  });

  it('[T26] asks for no token where a key is sent to an API', async () => {
    const project = await browser.send('POST', '/api/v1/projects', { name: 'With a key', slug: 'with-a-key' });
    const created = await browser.send('POST', '/api/v1/keys', {
      api: 'xerotier',
      project: project.body.id,
      name: 'inference',
      scopes: ['chat.write'],
    });
    const url = `${platform.url}/apis/xerotier/${project.body.id}/my-endpoint/v1/chat/completions`;
    const json = { model: 'llama-3.1-8b', messages: [{ role: 'user', content: 'Hello' }] };
    expect((await send(url, { method: 'POST', headers: bearer(created.body.key), json })).status).toBe(200);
  });
});
