import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PlatformWithClock, startPlatformWithClock } from '../platform-with-clock.js';
import { runCurl } from '../run-curl.js';
import { type Answer, bearer, send } from '../send.js';
import { limitHeaders } from './limit-headers.js';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

interface Pair {
  readonly access_token: string;
  readonly refresh_token: string;
}

let platform: PlatformWithClock;
let base: string;

beforeAll(async () => {
  platform = await startPlatformWithClock();
  base = `${platform.url}/apis/altrixy`;
});
afterAll(() => platform?.stop());

const post = (path: string, json: unknown, headers = {}) => send(`${base}${path}`, { method: 'POST', json, headers });
const signIn = (login: object = platform.admin) => post('/v1/auth/token', login);
const refresh = (refreshToken: string) => post('/v1/auth/refresh', { refresh_token: refreshToken });
const portfolios = (token: string) => send(`${base}/v1/portfolios`, { headers: bearer(token) });
const statusOf = async (token: string) => (await portfolios(token)).status;

async function pairOf(asked: Promise<Answer>): Promise<Pair> {
  const answer = await asked;
  if (answer.status !== 200) throw new Error(`no tokens: ${answer.status} ${answer.text}`);
  return answer.json() as Pair;
}

const unauthorized = { error: 'unauthorized', message: expect.stringMatching(/./), details: {} };

describe('Altrixy, for people', () => {
  it('[A5] answers the curl example as printed', async () => {
    const { email, password } = platform.admin;
    const printed = String.raw`curl -X POST https://api.altrixy.com/v1/auth/token \
-H "Content-Type: application/json" \
-d '{
"email": "you@example.com",
"password": "your_password"
}'`;
    const command = printed.replace('you@example.com', email).replace('your_password', password);
    expect(JSON.parse(await runCurl(command, 'https://api.altrixy.com', platform.url))).toHaveProperty('access_token');
  });

  it('[A5] [A10] gives an RS256 token for an hour, and a refresh token altx_rt_..., for e-mail and password', async () => {
    const answer = await signIn();
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.stringMatching(/^altx_rt_[\w-]{43}$/),
      expires_in: HOUR_SECONDS,
      token_type: 'Bearer',
    });
    const { access_token: token } = answer.json() as Pair;
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
      alg: 'RS256',
      typ: 'at+jwt',
    });
    expect(answer.header('cache-control')).toBe('no-store');
    expect(answer.header('set-cookie')).toBeUndefined();
    limitHeaders(answer, platform.clock.nowMs());
  });

  it('[A5] signs its tokens with a key that anybody can fetch', async () => {
    const { access_token: token } = await pairOf(signIn());
    const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
    const published = (await send(`${platform.url}/.well-known/jwks.json`)).json() as { keys: { kid: string }[] };
    expect(published.keys.map((key) => key.kid)).toContain(kid);
  });

  it('[A6] lets the access token in for an hour, with what the role in the organization may do', async () => {
    const { access_token: token } = await pairOf(signIn());
    expect(await statusOf(token)).toBe(200);
    expect((await post('/v1/portfolios', { name: 'Bonds', slug: 'own-bonds' }, bearer(token))).status).toBe(201);
    platform.clock.advanceSeconds(HOUR_SECONDS - 1);
    expect(await statusOf(token)).toBe(200);
    platform.clock.advanceSeconds(1);
    const expired = await portfolios(token);
    expect([expired.status, expired.json()]).toEqual([401, unauthorized]);
  });

  it('[A6] lets it in nowhere else: not in X-API-Key, not on another API, not in the management API', async () => {
    const { access_token: token } = await pairOf(signIn());
    const asked = [
      send(`${base}/v1/portfolios`, { headers: { 'x-api-key': token } }),
      send(`${platform.url}/apis/altrixy-plans/v1/portfolios`, { headers: bearer(token) }),
      send(`${platform.url}/apis/xantly/v1/models`, { headers: bearer(token) }),
      send(`${platform.url}/auth/session`, { headers: bearer(token) }),
    ];
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  });

  it('[A6] takes no other token of the platform, and no refresh token as one', async () => {
    const { refresh_token: refreshToken } = await pairOf(signIn());
    const login = await send(`${platform.url}/auth/login`, { method: 'POST', json: platform.admin });
    const { access_token: ofPages } = login.json() as Pair;
    expect([await statusOf(ofPages), await statusOf(refreshToken)]).toEqual([401, 401]);
  });

  it('[A7] gives a new pair for a refresh token, once', async () => {
    const first = await pairOf(signIn());
    const second = await pairOf(refresh(first.refresh_token));
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await statusOf(second.access_token)).toBe(200);
    const again = await refresh(first.refresh_token);
    expect([again.status, again.json()]).toEqual([401, unauthorized]);
    limitHeaders(again, platform.clock.nowMs());
  });

  it('[A7] ends everything that came of a refresh token that was used twice', async () => {
    const first = await pairOf(signIn());
    const second = await pairOf(refresh(first.refresh_token));
    await refresh(first.refresh_token);
    expect((await refresh(second.refresh_token)).status).toBe(401);
    expect([await statusOf(first.access_token), await statusOf(second.access_token)]).toEqual([401, 401]);
  });

  it('[A7] gives one pair to 30 who bring the same refresh token at the same moment', async () => {
    const { refresh_token: token } = await pairOf(signIn());
    const answers = await Promise.all(Array.from({ length: 30 }, () => refresh(token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(29);
  });

  it('[A8] takes a refresh token for 30 days', async () => {
    const first = await pairOf(signIn());
    platform.clock.advanceSeconds(30 * DAY_SECONDS - 1);
    const second = await pairOf(refresh(first.refresh_token));
    platform.clock.advanceSeconds(30 * DAY_SECONDS);
    expect((await refresh(second.refresh_token)).status).toBe(401);
  });

  it('[A12] [A13] says what is wrong with a request, in the form of this API', async () => {
    const { email } = platform.admin;
    const answers = [
      [401, 'unauthorized', {}, signIn({ email, password: 'not the password' })],
      [401, 'unauthorized', {}, signIn({ email: 'nobody@example.com', password: 'not the password' })],
      [422, 'validation_error', { password: 'is required' }, signIn({ email, password: '' })],
      [422, 'validation_error', { role: 'is not a known field' }, signIn({ ...platform.admin, role: 'owner' })],
      [422, 'validation_error', { refresh_token: expect.any(String) }, post('/v1/auth/refresh', {})],
      [422, 'validation_error', { body: expect.any(String) }, post('/v1/auth/refresh', [])],
      [400, 'invalid_request', {}, post('/v1/auth/refresh?refresh_token=altx_rt_x', {})],
      [413, 'invalid_request', {}, signIn({ email, password: 'x'.repeat(40_000) })],
      [404, 'not_found', {}, send(`${base}/v1/auth/token`)],
    ] as const;
    for (const [status, error, details, asked] of answers) {
      const answer = await asked;
      expect([answer.status, answer.json()]).toEqual([status, { error, message: expect.stringMatching(/./), details }]);
      limitHeaders(answer, platform.clock.nowMs());
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post('/v1/auth/token', platform.admin, form)).status).toBe(415);
    const broken = { method: 'POST', body: '{"email":', headers: { 'content-type': 'application/json' } };
    expect((await fetch(`${base}/v1/auth/token`, broken)).status).toBe(400);
  });
});
