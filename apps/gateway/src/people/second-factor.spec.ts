import * as contracts from '@gatehouse/contracts/second-factor';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CHALLENGE, CODE } from '../management/fake-world.conformance.js';
import { type PlatformUnderTest, startPlatformUnderTest } from '../management/platform-under-test.conformance.js';

const codeOf = (json: unknown) => (json as { code?: string }).code;

describe('the second factor over HTTP', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());
  afterEach(() => platform.world.instead.clear());

  const answer = (body: object, headers: readonly string[] = []) =>
    platform.send({ method: 'POST', path: '/auth/login/second-factor', body, headers });
  const write = async (path: string, body: object = {}, email = 'owner@example.com') =>
    platform.send({ method: 'POST', path, body, headers: (await platform.signIn(email)).write });

  it('tells who has shown a password what is asked for next, and sets no cookie [T12, H-051]', async () => {
    platform.world.instead.set('gatehouse.v1.identity.sign-in', {
      kind: 'second_factor_required',
      challenge: CHALLENGE,
      methods: ['totp', 'backup_code'],
      expiresInSeconds: 300,
    });
    const body = { email: 'owner@example.com', password: 'x' };
    const login = await platform.send({ method: 'POST', path: '/auth/login', body });
    expect([login.status, login.headers['set-cookie']]).toEqual([200, undefined]);
    expect(login.json).toEqual({
      status: 'second_factor_required',
      challenge: CHALLENGE,
      methods: ['totp', 'backup_code'],
      expires_in: 300,
    });
  });

  it('signs in with challenge and code: a cookie, and the end of what the browser had before [T12, H-075]', async () => {
    const { session, cookie } = await platform.signIn('viewer@example.com');
    const signedIn = await answer({ challenge: CHALLENGE, code: CODE }, cookie);
    expect(signedIn.status).toBe(200);
    expect(signedIn.json).toMatchObject({ status: 'signed_in', account: { email: 'owner@example.com' } });
    expect(signedIn.json).not.toHaveProperty('backup_codes');
    expect(signedIn.headers['set-cookie']?.[0]).toContain(`gatehouse_session=${platform.world.sessions.at(-1)?.token}`);
    expect(session.ended).toBe(true);
  });

  it('shows new backup codes to who used the last one [M-07]', async () => {
    const first = await answer({ challenge: CHALLENGE, code: CODE });
    const { token, id } = platform.world.sessions.at(-1) ?? { token: '', id: '' };
    expect(first.status).toBe(200);
    platform.world.instead.set(contracts.answerChallenge.subject, {
      kind: 'signed_in',
      sessionToken: token,
      accessToken: `at-${id}`,
      accessTokenTtlSeconds: 3600,
      absoluteExpiresAt: '2026-01-15T20:00:00.000Z',
      account: { id: 'acc_owner', email: 'owner@example.com', name: '' },
      newBackupCodes: ['AAAAAA-BBBBBB'],
    });
    expect((await answer({ challenge: CHALLENGE, code: 'x' })).json).toMatchObject({
      status: 'signed_in',
      backup_codes: ['AAAAAA-BBBBBB'],
    });
  });

  it('refuses a wrong code and a challenge that is over, and keeps the session that the browser has', async () => {
    const { session, cookie } = await platform.signIn('viewer@example.com');
    for (const [body, refused] of [
      [{ challenge: CHALLENGE, code: '000000' }, 'second_factor_invalid'],
      [{ challenge: 'another', code: CODE }, 'challenge_ended'],
    ] as const) {
      const refusal = await answer(body, cookie);
      expect([refusal.status, codeOf(refusal.json), refusal.headers['set-cookie']]).toEqual([401, refused, undefined]);
    }
    expect(session.ended).toBe(false);
  });

  it('says how long to wait where too many codes were tried [T18]', async () => {
    const tooMany = { kind: 'too_many_attempts', retryAfterSeconds: 17 };
    platform.world.instead.set(contracts.answerChallenge.subject, tooMany);
    platform.world.instead.set(contracts.disableTotp.subject, tooMany);
    for (const refusal of [
      await answer({ challenge: CHALLENGE, code: CODE }),
      await write('/auth/2fa/disable', { code: CODE }),
    ]) {
      expect([refusal.status, codeOf(refusal.json), refusal.headers['retry-after']]).toEqual([
        429,
        'too_many_attempts',
        '17',
      ]);
    }
  });

  it.each([
    [{ challenge: CHALLENGE }],
    [{ code: CODE }],
    [{ challenge: CHALLENGE, code: 123456 }],
    [{ challenge: CHALLENGE, code: [CODE] }],
    [{ challenge: CHALLENGE, code: 'x'.repeat(201) }],
    [{ challenge: CHALLENGE, code: CODE, remember: true }],
  ])('refuses %j as an answer', async (body) => {
    expect((await answer(body)).status).toBe(422);
  });

  it('refuses an answer that a browser sends from another origin [H-084]', async () => {
    const refusal = await answer({ challenge: CHALLENGE, code: CODE }, ['origin', 'https://evil.example']);
    expect([refusal.status, codeOf(refusal.json)]).toEqual([403, 'origin_refused']);
  });

  it('sets an authenticator up: secret, address and QR code, then a code, then the backup codes [T14]', async () => {
    const enrolling = await write('/auth/2fa/totp/enroll');
    expect(enrolling.json).toEqual({
      secret: 'GEZDGNBV',
      otpauth_uri: 'otpauth://totp/Gatehouse:a%40b.c?secret=GEZDGNBV',
      qr_svg: expect.stringMatching(/^<svg [^>]*>.*<\/svg>\s*$/s),
    });
    expect(enrolling.headers['cache-control']).toBe('no-store');
    expect((await write('/auth/2fa/totp/confirm', { code: CODE })).json).toEqual({ backup_codes: ['AAAAAA-BBBBBB'] });
    expect((await write('/auth/2fa/backup-codes', { code: CODE })).json).toEqual({ backup_codes: ['CCCCCC-DDDDDD'] });
    expect((await write('/auth/2fa/disable', { code: CODE })).json).toEqual({ status: 'disabled' });
    const shown = await platform.send({
      path: '/auth/2fa',
      headers: (await platform.signIn('owner@example.com')).cookie,
    });
    expect(shown.json).toEqual({
      enabled: true,
      totp: { enabled: true, since: '2026-01-15T12:00:00.000Z' },
      passkeys: 0,
      backup_codes_left: 9,
    });
    const asked = platform.world.of(contracts.disableTotp.subject).at(-1);
    expect(asked).toMatchObject({ person: { accountId: 'acc_owner', sessionId: expect.stringMatching(/^ses_/) } });
  });

  it('takes no body for who it is: the account is that of the session [H-056]', async () => {
    for (const path of ['confirm', 'enroll'].map((step) => `/auth/2fa/totp/${step}`)) {
      expect((await write(path, { code: CODE, account_id: 'acc_viewer' })).status).toBe(422);
    }
  });

  it.each(['/auth/2fa/disable', '/auth/2fa/backup-codes', '/auth/2fa/totp/confirm'])(
    'refuses a wrong code at %s without ending the session [M-08]',
    async (path) => {
      const refusal = await write(path, { code: '000000' });
      expect([refusal.status, codeOf(refusal.json)]).toEqual([403, 'code_wrong']);
      expect((await write(path, {})).status).toBe(422);
    },
  );

  it.each(['/auth/2fa/disable', '/auth/2fa/backup-codes', '/auth/2fa/totp/confirm', '/auth/2fa/totp/enroll'])(
    'refuses %s without the CSRF token [H-056]',
    async (path) => {
      const { cookie } = await platform.signIn('owner@example.com');
      const body = path.endsWith('enroll') ? {} : { code: CODE };
      const refusal = await platform.send({ method: 'POST', path, body, headers: cookie });
      expect([refusal.status, codeOf(refusal.json)]).toEqual([403, 'csrf_token_invalid']);
    },
  );

  it.each([
    ['session_ended', 401],
    ['reauth_required', 403],
    ['second_factor_off', 409],
  ] as const)('passes %s on', async (kind, status) => {
    platform.world.instead.set(contracts.disableTotp.subject, { kind });
    const refusal = await write('/auth/2fa/disable', { code: CODE });
    expect([refusal.status, codeOf(refusal.json)]).toEqual([status, kind]);
  });
});
