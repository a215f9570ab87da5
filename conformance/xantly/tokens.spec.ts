import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { type PlatformUnderTest, startPlatform } from '../platform.js';
import { type PlatformWithClock, startPlatformWithClock } from '../platform-with-clock.js';
import { bearer, send } from '../send.js';

const hello = { model: 'auto', messages: [{ role: 'user' as const, content: 'Hello' }] };

/** An access token as the answer to a sign-in has it. */
async function tokenOf({ signIn }: PlatformUnderTest): Promise<string> {
  return ((await signIn()).json() as { access_token: string }).access_token;
}

describe('Xantly, with the token of a sign-in', () => {
  let platform: PlatformUnderTest;
  let base: string;

  beforeAll(async () => {
    platform = await startPlatform();
    base = platform.apiBase('xantly');
  });
  afterAll(() => platform?.stop());

  const models = (token: string, more = {}) => send(`${base}/v1/models`, { headers: { ...bearer(token), ...more } });

  it('[X2] gives a JWT with every login to the dashboard', async () => {
    const answer = await platform.signIn();
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      status: 'signed_in',
      access_token: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 3_600,
    });
  });

  it('[X1] takes the JWT exactly as it takes a key, and forwards either', async () => {
    const { key } = await platform.createKey({ api: 'xantly', scopes: ['models.read'] });
    const [byKey, byToken] = await Promise.all([models(key), models(await tokenOf(platform))]);
    expect([byKey.status, byToken.status]).toEqual([200, 200]);
    expect(byToken.json()).toEqual(byKey.json());
    expect(byToken.header('x-ratelimit-limit')).toBe(byKey.header('x-ratelimit-limit'));
  });

  it('[X1] serves the official OpenAI SDK with a JWT in place of the key', async () => {
    const sdk = new OpenAI({ apiKey: await tokenOf(platform), baseURL: `${base}/v1`, maxRetries: 0 });
    const completion = await sdk.chat.completions.create(hello);
    expect(completion.choices[0]?.message.content).toContain('Hello');
  });

  it('[X1] [X12] lets a browser use the JWT, which no key may', async () => {
    const origin = { origin: 'https://console.xantly.com' };
    expect((await models(await tokenOf(platform), origin)).status).toBe(200);
    const { key } = await platform.createKey({ api: 'xantly', scopes: ['models.read'] });
    expect((await models(key, origin)).status).toBe(403);
  });

  it('[X1] refuses a JWT that is not ours, is changed, or has no signature, as it refuses a wrong key', async () => {
    const token = await tokenOf(platform);
    const [head = '', body = '', signature = ''] = token.split('.');
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    const changed = Buffer.from(Buffer.from(body, 'base64url').toString().replace('"sub"', '"sup"')).toString(
      'base64url',
    );
    for (const wrong of [
      `${head}.${body}.`,
      `${none}.${body}.`,
      `${none}.${body}.${signature}`,
      `${head}.${changed}.${signature}`,
      `${head}.${body}.${signature.slice(1)}`,
      'eyJ',
    ]) {
      const answer = await models(wrong);
      expect([answer.status, answer.json()]).toEqual([
        401,
        {
          error: { message: 'Incorrect access token provided.', type: 'authentication_error', code: 'invalid_api_key' },
        },
      ]);
    }
    expect((await models(token)).status).toBe(200);
  });

  it('[X1] ends with its session: the next request after signing out is refused', async () => {
    const token = await tokenOf(platform);
    expect((await models(token)).status).toBe(200);
    const signedOut = await send(`${platform.url}/auth/logout`, { method: 'POST', headers: bearer(token), json: {} });
    expect(signedOut.status).toBe(204);
    expect((await models(token)).status).toBe(401);
  });
});

describe('Xantly, with a token that is an hour old', () => {
  let platform: PlatformWithClock;

  beforeAll(async () => {
    platform = await startPlatformWithClock();
  });
  afterAll(() => platform?.stop());

  it('[X7] answers 401 expired_token once it has expired', async () => {
    const login = await send(`${platform.url}/auth/login`, { method: 'POST', json: platform.admin });
    const { access_token: token } = login.json() as { access_token: string };
    const ask = () => send(`${platform.url}/apis/xantly/v1/models`, { headers: bearer(token) });
    platform.clock.advanceSeconds(3_599);
    expect((await ask()).status).toBe(200);
    platform.clock.advanceSeconds(1);
    const answer = await ask();
    expect([answer.status, answer.json()]).toEqual([
      401,
      {
        error: {
          message: 'This access token has expired. Sign in again.',
          type: 'authentication_error',
          code: 'expired_token',
        },
      },
    ]);
    expect(answer.header('www-authenticate')).toBe('Bearer realm="xantly", error="invalid_token"');
  });
});
