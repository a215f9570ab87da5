import * as identity from '@gatehouse/contracts/identity';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CLAIM_TOKEN, PASSWORD } from './fake-world.conformance.js';
import { type PlatformUnderTest, startPlatformUnderTest } from './platform-under-test.conformance.js';

const credentials = { email: 'owner@example.com', password: PASSWORD };
const code = (json: unknown) => (json as { code?: string }).code;

describe('signing in and out', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());
  afterEach(() => platform.world.instead.clear());

  const login = (body: object, headers: readonly string[] = []) =>
    platform.send({ method: 'POST', path: '/auth/login', body, headers });

  it('answers a login with the access token, and hands the session to the browser in a cookie only', async () => {
    const answer = await login(credentials);
    const session = platform.world.sessions.at(-1);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      status: 'signed_in',
      access_token: `at-${session?.id}`,
      token_type: 'Bearer',
      expires_in: 3600,
      account: { id: 'acc_owner', email: 'owner@example.com', name: 'A Person' },
    });
    expect(answer.headers['set-cookie']).toEqual([
      `gatehouse_session=${session?.token}; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax`,
    ]);
    expect(answer.text).not.toContain(session?.token);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('says the same of an unknown address and of a wrong password, and sets no cookie', async () => {
    for (const body of [
      { ...credentials, password: 'wrong' },
      { ...credentials, email: 'nobody@example.com' },
    ]) {
      const answer = await login(body);
      expect([answer.status, code(answer.json)]).toEqual([401, 'credentials_invalid']);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it('answers both with the same header fields, and with the same values but for what names the answer [H-037]', async () => {
    const told = [];
    for (const email of [credentials.email, 'nobody@example.com']) {
      const { headers, text } = await login({ email, password: 'wrong' });
      const { date, 'x-request-id': requestId, ...rest } = headers;
      told.push({ rest, names: Object.keys(headers), text: text.replaceAll(String(requestId), 'this request') });
      expect(date).toBeDefined();
    }
    expect(told[0]).toEqual(told[1]);
  });

  it.each([
    ['x-forwarded-for', '198.51.100.7'],
    ['x-forwarded-for', '198.51.100.7, 203.0.113.9, 127.0.0.1'],
    ['x-forwarded-for', 'a'],
    ['forwarded', 'for=198.51.100.7;proto=https'],
    ['forwarded', 'for="[2001:db8::7]:80"'],
    ['x-real-ip', '198.51.100.7'],
    ['cf-connecting-ip', '198.51.100.7'],
    ['true-client-ip', '198.51.100.7'],
    ['x-client-ip', '%'],
  ])('counts a client by its connection, whatever it writes into %s: %s [H-043]', async (name, value) => {
    const answer = await login({ ...credentials, password: 'wrong' }, [name, value]);
    expect([answer.status, code(answer.json)]).toEqual([401, 'credentials_invalid']);
    const asked = platform.world.of(identity.signIn.subject).at(-1);
    expect(asked).toMatchObject({ origin: { address: '127.0.0.1' } });
  });

  it('turns fifty passwords of a megabyte away at once, and lets none of them be hashed [H-045]', async () => {
    const before = platform.world.of(identity.signIn.subject).length;
    const long = { ...credentials, password: 'x'.repeat(1024 * 1024) };
    const answers = await Promise.all(Array.from({ length: 50 }, () => login(long)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 413));
    expect(platform.world.of(identity.signIn.subject)).toHaveLength(before);
    expect((await login(credentials)).status).toBe(200);
  });

  it('tells identity where the sign-in comes from', async () => {
    await login(credentials, ['user-agent', 'x'.repeat(600)]);
    expect(platform.world.of(identity.signIn.subject).at(-1)).toMatchObject({
      origin: { address: '127.0.0.1', userAgent: 'x'.repeat(512), requestId: expect.stringMatching(/^req_/) },
    });
  });

  it('passes on how long to wait, when there were too many attempts or the hashing is busy', async () => {
    for (const [kind, status] of [
      ['too_many_attempts', 429],
      ['busy', 503],
    ] as const) {
      platform.world.instead.set(identity.signIn.subject, { kind, retryAfterSeconds: 17 });
      const answer = await login(credentials);
      expect([answer.status, answer.headers['retry-after']]).toEqual([status, '17']);
    }
  });

  it.each([
    ['another origin', ['origin', 'https://evil.example']],
    ['a sandboxed page', ['origin', 'null']],
    ['a sibling host', ['origin', 'http://evil.gate.example']],
    ['another port', ['origin', 'http://gate.example:81']],
    ['a cross-site request', ['sec-fetch-site', 'cross-site']],
    ['a sibling site', ['sec-fetch-site', 'same-site']],
  ])('refuses a login that a browser sends from %s [H-084]', async (_name, headers) => {
    const before = platform.world.sessions.length;
    const answer = await login(credentials, headers);
    expect([answer.status, code(answer.json)]).toEqual([403, 'origin_refused']);
    expect(platform.world.sessions.length).toBe(before);
  });

  it.each([
    ['its own pages', ['origin', 'http://gate.example', 'sec-fetch-site', 'same-origin']],
    ['the host it was loaded under, in development', ['origin', 'http://localhost:8080', 'host', 'localhost:8080']],
    ['no browser', []],
  ])('accepts a login from %s', async (_name, headers) => {
    expect((await login(credentials, headers)).status).toBe(200);
  });

  it('ends the session that the browser had before, so that a planted one does not survive a login [H-075]', async () => {
    const { session, cookie } = await platform.signIn('viewer@example.com');
    expect((await login(credentials, cookie)).status).toBe(200);
    expect(session.ended).toBe(true);
    expect((await platform.send({ path: '/auth/session', headers: cookie })).status).toBe(401);
  });

  it('keeps the session of the browser when the login fails', async () => {
    const { session, cookie } = await platform.signIn('viewer@example.com');
    expect((await login({ ...credentials, password: 'wrong' }, cookie)).status).toBe(401);
    expect(session.ended).toBe(false);
  });

  it('makes the first administrator with the one-time token, and signs it in', async () => {
    const body = { token: CLAIM_TOKEN, email: 'first@example.com', password: PASSWORD, name: 'First' };
    const answer = await platform.send({ method: 'POST', path: '/auth/claim', body });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ status: 'signed_in', account: { email: 'first@example.com' } });
    expect(answer.headers['set-cookie']?.[0]).toContain('gatehouse_session=tok-');
    const used = await platform.send({ method: 'POST', path: '/auth/claim', body: { ...body, token: 'another' } });
    expect([used.status, code(used.json)]).toEqual([403, 'claim_token_invalid']);
  });

  it('names the field where identity refuses a new password or address', async () => {
    const body = { token: CLAIM_TOKEN, email: 'first', password: 'short' };
    for (const [refused, field] of [
      ['password_too_short', 'password'],
      ['email_invalid', 'email'],
    ] as const) {
      platform.world.instead.set(identity.claimInstallation.subject, {
        kind: 'refused',
        code: refused,
        message: 'is bad',
      });
      const answer = await platform.send({ method: 'POST', path: '/auth/claim', body });
      expect(answer.status).toBe(422);
      expect(answer.json).toMatchObject({ code: 'validation_error', errors: { [field]: 'is bad' } });
    }
  });

  it('shows the session with its CSRF token and a fresh access token to the browser that holds the cookie', async () => {
    const { session, cookie } = await platform.signIn('owner@example.com');
    const answer = await platform.send({ path: '/auth/session', headers: cookie });
    expect(answer.json).toEqual({
      account: { id: 'acc_owner', email: 'owner@example.com', name: 'A Person' },
      organizations: [{ id: 'org_AAAAAAAAAAAAAAAAAAAAAA', name: 'Organization 0', plan: 'free', role: 'owner' }],
      closed_organizations: [],
      csrf_token: session.csrf,
      access_token: `at-${session.id}`,
      expires_in: 3600,
      expires_at: '2026-01-15T13:00:00.000Z',
      absolute_expires_at: '2026-01-15T20:00:00.000Z',
    });
  });

  it('gives a client that has only the access token neither CSRF token nor another access token', async () => {
    const { bearer } = await platform.signIn('owner@example.com');
    const answer = await platform.send({ path: '/auth/session', headers: bearer });
    expect(answer.json).toMatchObject({ csrf_token: null, access_token: null });
  });

  it('ends the session on logout, takes the cookie back and clears what the browser has kept', async () => {
    const { session, write, cookie } = await platform.signIn('owner@example.com');
    const answer = await platform.send({ method: 'POST', path: '/auth/logout', headers: write });
    expect(answer.status).toBe(204);
    expect(session.ended).toBe(true);
    expect(answer.headers['set-cookie']).toEqual(['gatehouse_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax']);
    expect(answer.headers['clear-site-data']).toBe('"cache", "storage"');
    const after = await platform.send({ path: '/auth/session', headers: cookie });
    expect([after.status, code(after.json)]).toEqual([401, 'session_ended']);
  });

  it('does not log out by GET [H-083]', async () => {
    const { session, cookie } = await platform.signIn('owner@example.com');
    const answer = await platform.send({ path: '/auth/logout', headers: cookie });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST']);
    expect(session.ended).toBe(false);
  });
});

describe('the session cookie where PUBLIC_URL is HTTPS', () => {
  it.each([
    ['production', ['x-forwarded-proto', 'https']],
    ['development', []],
  ])('has the __Host- prefix and is Secure in %s [S-05, H-086]', async (NODE_ENV, headers) => {
    const platform = await startPlatformUnderTest({
      NODE_ENV,
      PUBLIC_URL: 'https://gate.example',
      trustedProxies: ['127.0.0.1'],
    });
    try {
      const answer = await platform.send({ method: 'POST', path: '/auth/login', body: credentials, headers });
      const token = platform.world.sessions.at(-1)?.token;
      expect(answer.headers['set-cookie']).toEqual([
        `__Host-gatehouse_session=${token}; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure`,
      ]);
      const session = (cookie: string) =>
        platform.send({ path: '/auth/session', headers: [...headers, 'cookie', cookie] });
      expect((await session(`__Host-gatehouse_session=${token}`)).status).toBe(200);
      expect((await session(`gatehouse_session=${token}`)).status).toBe(401);
      expect((await session(`__host-gatehouse_session=${token}`)).status).toBe(401);
      // One that a plain page has set beside it shadows nothing, in either order [H-086].
      const [real, planted] = [`__Host-gatehouse_session=${token}`, 'gatehouse_session=planted'];
      expect((await session(`${planted}; ${real}`)).status).toBe(200);
      expect((await session(`${real}; ${planted}`)).status).toBe(200);
      expect((await session(`gatehouse_session=${token}; __Host-gatehouse_session=planted`)).status).toBe(401);
    } finally {
      await platform.stop();
    }
  });
});
