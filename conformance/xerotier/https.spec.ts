import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PlatformWithClock, startPlatformWithClock } from '../platform-with-clock.js';
import { send } from '../send.js';

let platform: PlatformWithClock;

beforeAll(async () => {
  platform = await startPlatformWithClock({
    NODE_ENV: 'production',
    TRUSTED_PROXIES: '127.0.0.1/32',
    PUBLIC_URL: 'https://auth.example.test',
  });
});
afterAll(() => platform?.stop());

/** As a proxy in front passes it on: what came to it over HTTPS, or what did not. */
const from = (scheme: 'https' | 'http') => ({
  host: 'auth.example.test',
  'x-forwarded-proto': scheme,
  'x-forwarded-for': '192.0.2.7',
});
const signIn = (scheme: 'https' | 'http') =>
  send(`${platform.url}/auth/login`, { method: 'POST', headers: from(scheme), json: platform.admin });

describe('Xerotier', () => {
  it('[T25] has a cookie that is Secure and HttpOnly, and belongs to this host alone', async () => {
    const answer = await signIn('https');
    expect(answer.status).toBe(200);
    const [pair = '', ...attributes] = (answer.header('set-cookie') ?? '').split('; ');
    expect(pair).toMatch(/^__Host-gatehouse_session=[\w-]{43}$/);
    expect(attributes).toEqual(expect.arrayContaining(['Secure', 'HttpOnly', 'Path=/', 'SameSite=Lax']));
    expect(attributes.join()).not.toContain('Domain');
    const session = { ...from('https'), cookie: pair };
    expect((await send(`${platform.url}/auth/session`, { headers: session })).status).toBe(200);
    // Under the name that plain HTTP has, which another host could have set, it is no session.
    const renamed = { ...session, cookie: pair.replace('__Host-', '') };
    expect((await send(`${platform.url}/auth/session`, { headers: renamed })).status).toBe(401);
  });

  it.each(['/auth/login', '/auth/session', '/', '/apis/xerotier/v1/models', '/nothing'])(
    '[T29] rejects plain HTTP in production at %s, and redirects nobody',
    async (path) => {
      const answer = await send(`${platform.url}${path}`, { headers: from('http') });
      expect(answer.status).toBe(403);
      expect(answer.header('location')).toBeUndefined();
      expect(answer.header('set-cookie')).toBeUndefined();
      const straight = await send(`${platform.url}${path}`, { headers: { host: 'auth.example.test' } });
      expect(straight.status).toBe(403);
    },
  );

  it('[T29] rejects a login over plain HTTP before the password is looked at', async () => {
    const answer = await signIn('http');
    expect([answer.status, (answer.json() as { code: string }).code]).toEqual([403, 'https_required']);
  });

  it.each(['/', '/auth/session', '/nothing', '/apis/xerotier/v1/models'])(
    '[T29] sends Strict-Transport-Security with %s, for a year',
    async (path) => {
      const answer = await send(`${platform.url}${path}`, { headers: from('https') });
      const [, seconds] = /^max-age=(\d+)/.exec(answer.header('strict-transport-security') ?? '') ?? [];
      expect(Number(seconds)).toBeGreaterThanOrEqual(365 * 86_400);
    },
  );
});
