import * as accounts from '@gatehouse/contracts/accounts';
import * as identity from '@gatehouse/contracts/identity';
import { beginPasskeySignIn } from '@gatehouse/contracts/passkeys';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PASSWORD } from '../management/fake-world.conformance.js';
import { type PlatformUnderTest, startPlatformUnderTest } from '../management/platform-under-test.conformance.js';

const OWNER = 'owner@example.com';
const CHANGE = { current_password: PASSWORD, new_password: 'four slow boats up the river' };
const ORIGIN = { address: '127.0.0.1', userAgent: '', requestId: expect.stringMatching(/^req_/) };
const code = (json: unknown) => (json as { code?: string }).code;

describe('accounts over HTTP', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());
  afterEach(() => platform.world.instead.clear());

  const post = (path: string, body: object, headers: readonly string[] = []) =>
    platform.send({ method: 'POST', path, body, headers });

  it.each([
    ['/auth/signup', { email: 'a@b.c', password: PASSWORD, name: 'A' }, 202, 'verification_sent', accounts.signUp],
    ['/auth/email/verify', { token: 'x' }, 200, 'verified', accounts.verifyEmail],
    ['/auth/email/resend', { email: 'a@b.c' }, 202, 'verification_sent', accounts.askForMail],
    ['/auth/password/forgot', { email: 'a@b.c' }, 202, 'reset_sent', accounts.askForMail],
    ['/auth/password/reset', { token: 'x', new_password: PASSWORD }, 200, 'password_reset', accounts.resetPassword],
    ['/auth/email/change/confirm', { token: 'x' }, 200, 'email_changed', accounts.confirmEmailChange],
    ['/auth/email/change/undo', { token: 'x' }, 200, 'email_restored', accounts.undoEmailChange],
  ])('%s answers anybody, sets no cookie, and refuses fields that it does not know [H-149]', async (...row) => {
    const [path, body, status, word, { subject }] = row;
    const answer = await post(path, body);
    expect([answer.status, answer.json]).toEqual([status, { status: word }]);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(platform.world.of(subject).at(-1)).toMatchObject({ origin: ORIGIN });
    for (const field of ['role', 'email_verified', 'is_operator', 'organization_id', 'account_id']) {
      const refused = await post(path, { ...body, [field]: 'x' });
      expect([refused.status, refused.json]).toMatchObject([422, { errors: { [field]: 'is not a known field' } }]);
    }
    expect((await post(path, body, ['origin', 'https://evil.example'])).status).toBe(403);
  });

  it('answers each refusal of identity with one code', async () => {
    const { write } = await platform.signIn(OWNER);
    const wait = { retryAfterSeconds: 17 };
    const weak = { kind: 'refused', code: 'password_too_short', message: 'is bad' };
    for (const [contract, path, body, instead, status, problem] of [
      [accounts.signUp, '/auth/signup', { email: 'a', password: 'b' }, weak, 422, 'validation_error'],
      [
        accounts.signUp,
        '/auth/signup',
        { email: 'a', password: 'b' },
        { kind: 'busy', ...wait },
        503,
        'service_unavailable',
      ],
      [accounts.verifyEmail, '/auth/email/verify', { token: 'x' }, { kind: 'link_invalid' }, 400, 'link_invalid'],
      [
        accounts.askForMail,
        '/auth/password/forgot',
        { email: 'a' },
        { kind: 'email_invalid' },
        422,
        'validation_error',
      ],
      [
        accounts.askForMail,
        '/auth/password/forgot',
        { email: 'a' },
        { kind: 'too_many_attempts', ...wait },
        429,
        'too_many_attempts',
      ],
      [
        accounts.resetPassword,
        '/auth/password/reset',
        { token: 'x', new_password: 'y' },
        { kind: 'link_invalid' },
        400,
        'link_invalid',
      ],
      [accounts.changePassword, '/auth/password/change', CHANGE, { kind: 'password_wrong' }, 403, 'password_wrong'],
      [accounts.changePassword, '/auth/password/change', CHANGE, { kind: 'session_ended' }, 401, 'session_ended'],
      [accounts.changePassword, '/auth/password/change', CHANGE, { kind: 'account_disabled' }, 403, 'account_disabled'],
      [
        accounts.askEmailChange,
        '/auth/email/change',
        { email: 'a@b.c' },
        { kind: 'reauth_required' },
        403,
        'reauth_required',
      ],
      [
        beginPasskeySignIn,
        '/auth/login/passkey/options',
        {},
        { kind: 'too_many_attempts', ...wait },
        429,
        'too_many_attempts',
      ],
      [accounts.changeAccount, '/api/v1/accounts/acc_x/disable', {}, { kind: 'not_found' }, 404, 'not_found'],
      [accounts.changeAccount, '/api/v1/accounts/acc_x/disable', {}, { kind: 'own_account' }, 409, 'conflict'],
      [
        accounts.changeAccount,
        '/api/v1/accounts/acc_x/disable',
        {},
        { kind: 'not_permitted' },
        403,
        'permission_denied',
      ],
    ] as const) {
      platform.world.instead.set(contract.subject, instead);
      const answer = await post(path, body, path.startsWith('/api') || /change$/.test(path) ? write : []);
      expect([path, answer.status, code(answer.json)]).toEqual([path, status, problem]);
      if ('retryAfterSeconds' in instead) expect(answer.headers['retry-after']).toBe('17');
    }
    platform.world.instead.set(accounts.changePassword.subject, weak);
    const refused = await post('/auth/password/change', CHANGE, (await platform.signIn(OWNER)).write);
    expect(refused.json).toMatchObject({ errors: { new_password: 'is bad' } });
  });

  it('hands the browser its new session after a change of password, and ends the one before [S-02, H-075]', async () => {
    const { write, session, cookie } = await platform.signIn(OWNER);
    const answer = await post('/auth/password/change', CHANGE, write);
    expect(answer.json).toMatchObject({ status: 'signed_in' });
    const token = platform.world.sessions.at(-1)?.token;
    expect(answer.headers['set-cookie']?.[0]).toContain(`gatehouse_session=${token};`);
    expect(answer.text).not.toContain(token);
    expect(session.ended).toBe(true);
    expect((await platform.send({ path: '/auth/session', headers: cookie })).status).toBe(401);
    expect(platform.world.of(accounts.changePassword.subject).at(-1)).toMatchObject({
      person: { accountId: 'acc_owner', sessionId: session.id, origin: ORIGIN },
      currentPassword: PASSWORD,
    });
  });

  it('changes nothing for a cookie without its CSRF token, and nothing about others for who is no operator', async () => {
    const { cookie } = await platform.signIn(OWNER);
    for (const [path, body] of [
      ['/auth/password/change', CHANGE],
      ['/auth/email/change', { email: 'a@b.c' }],
      ['/api/v1/accounts/acc_x/disable', {}],
    ] as const) {
      const answer = await post(path, body, cookie);
      expect([answer.status, code(answer.json)]).toEqual([403, 'csrf_token_invalid']);
    }
    const { write } = await platform.signIn('viewer@example.com');
    for (const change of ['password-reset', 'disable', 'enable']) {
      const answer = await post(`/api/v1/accounts/acc_owner/${change}`, {}, write);
      expect([answer.status, code(answer.json)]).toEqual([403, 'permission_denied']);
    }
  });

  it('lets no operator choose a password [P-16, H-150]', async () => {
    const { write } = await platform.signIn(OWNER);
    for (const field of ['password', 'new_password', 'hash']) {
      const answer = await post('/api/v1/accounts/acc_x/password-reset', { [field]: PASSWORD }, write);
      expect(answer.status).toBe(422);
    }
    const answer = await post('/api/v1/accounts/acc_x/password-reset', {}, write);
    expect([answer.status, answer.json]).toEqual([200, { id: 'acc_x', status: 'reset_sent' }]);
    const disabled = await post('/api/v1/accounts/acc_x/disable', { reason: 'left' }, write);
    expect(disabled.json).toEqual({ id: 'acc_x', status: 'disabled' });
    expect(platform.world.of(accounts.changeAccount.subject).at(-1)).toMatchObject({
      accountId: 'acc_x',
      change: { kind: 'disable', reason: 'left' },
    });
  });

  it('passes the password on that a link is followed with, and says what is wrong with it [H-038]', async () => {
    const { subject } = accounts.verifyEmail;
    const verify = (password: string) => post('/auth/email/verify', { token: 'x', password });
    expect((await verify(PASSWORD)).status).toBe(200);
    expect(platform.world.of(subject).at(-1)).toMatchObject({ token: 'x', password: PASSWORD });
    platform.world.instead.set(subject, { kind: 'refused', code: 'password_too_short', message: 'is bad' });
    expect((await verify('a')).json).toMatchObject({ code: 'validation_error', errors: { password: 'is bad' } });
    platform.world.instead.set(subject, { kind: 'busy', retryAfterSeconds: 17 });
    expect((await verify(PASSWORD)).status).toBe(503);
    expect((await verify('')).status).toBe(422);
  });

  it('finds an account by its whole address, for the operator alone', async () => {
    const { subject } = accounts.lookUpAccount;
    const find = (query: string, headers: readonly string[]) =>
      platform.send({ path: `/api/v1/accounts${query}`, headers });
    const { cookie, session } = await platform.signIn(OWNER);
    const nobody = await find('?email=A%2Bb@c.d', cookie);
    expect([nobody.status, nobody.json]).toEqual([200, { data: [] }]);
    expect(platform.world.of(subject).at(-1)).toEqual({
      email: 'A+b@c.d',
      person: { accountId: 'acc_owner', sessionId: session.id, origin: ORIGIN },
    });
    const found = { id: 'acc_x', email: 'A@c.d', name: 'A', createdAt: '2026-01-01T00:00:00.000Z' };
    const account = { ...found, disabledAt: null, disabledReason: null };
    platform.world.instead.set(subject, { kind: 'found', accounts: [account] });
    const { createdAt: created_at, ...shown } = found;
    const open = { ...shown, created_at, disabled_at: null, disabled_reason: null };
    expect((await find('?email=a@c.d', cookie)).json).toEqual({ data: [open] });
    for (const query of ['', '?email=', '?name=A', '?email=a@c.d&after=x', '?email=a@c.d&email=b@c.d']) {
      expect([query, (await find(query, cookie)).status]).toEqual([query, 422]);
    }
    platform.world.instead.set(subject, { kind: 'email_invalid' });
    expect((await find('?email=a', cookie)).json).toMatchObject({ errors: { email: expect.any(String) } });
    platform.world.instead.set(subject, { kind: 'not_permitted' });
    expect((await find('?email=a@c.d', cookie)).status).toBe(403);
    const asked = platform.world.of(subject).length;
    const viewer = await platform.signIn('viewer@example.com');
    expect(code((await find('?email=a@c.d', viewer.cookie)).json)).toBe('permission_denied');
    expect(platform.world.of(subject)).toHaveLength(asked);
  });

  it('gives a device that signs in a token of its own, and passes on the one that it has [P-10]', async () => {
    const login = (headers: readonly string[] = []) =>
      post('/auth/login', { email: OWNER, password: PASSWORD }, headers);
    platform.world.instead.set(accounts.rememberDevice.subject, {
      kind: 'remembered',
      deviceToken: 'a-new-token',
      keptSeconds: 100,
    });
    const first = await login();
    expect(first.headers['set-cookie']?.[1]).toBe(
      'gatehouse_device=a-new-token; Path=/; Max-Age=100; HttpOnly; SameSite=Lax',
    );
    expect(first.text).not.toContain('a-new-token');
    platform.world.instead.clear();
    const second = await login(['cookie', 'gatehouse_device=a-new-token']);
    expect(second.headers['set-cookie']).toHaveLength(1);
    for (const { subject } of [identity.signIn, accounts.rememberDevice]) {
      expect(platform.world.of(subject).at(-1)).toMatchObject({ deviceToken: 'a-new-token' });
    }
    for (const cookies of [
      'gatehouse_device=a; gatehouse_device=b',
      '__Host-gatehouse_device=a',
      'gatehouse_device=" a"',
    ]) {
      await login(['cookie', cookies]);
      expect(platform.world.of(identity.signIn.subject).at(-1)).not.toHaveProperty('deviceToken');
    }
  });
});
