import 'reflect-metadata';
import { BusUnavailable } from '@gatehouse/bus/bus';
import {
  type FederationContext,
  type FederationOutcome,
  listIdentities,
  listProviders,
  unlinkIdentity,
} from '@gatehouse/contracts/federation';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type PlatformUnderTest,
  type Received,
  startPlatformUnderTest,
} from '../management/platform-under-test.conformance.js';
import type { Begun, IdentityHttp } from './identity-http.client.js';

const SIGNED_IN: FederationOutcome = {
  kind: 'signed_in',
  sessionToken: 'tok-federated',
  accessToken: 'at-federated',
  accessTokenTtlSeconds: 3_600,
  absoluteExpiresAt: '2026-01-15T20:00:00.000Z',
  account: { id: 'acc_a', email: 'a@example.com', name: '' },
};

/** Identity's HTTP port, which says what a test wants, and remembers what it was asked. */
class FakeIdentity implements IdentityHttp {
  begun: Begun = { kind: 'sent', location: 'https://github.com/login/oauth/authorize?state=s' };
  outcome: FederationOutcome | 'down' = SIGNED_IN;
  readonly asked: { readonly what: string; readonly context: FederationContext }[] = [];

  async begin(provider: string, context: FederationContext): Promise<Begun> {
    this.asked.push({ what: provider, context });
    return this.begun;
  }

  async finish(provider: string, query: URLSearchParams, context: FederationContext): Promise<FederationOutcome> {
    this.asked.push({ what: `${provider}?${query}`, context });
    if (this.outcome === 'down') throw new BusUnavailable('down');
    return this.outcome;
  }
}

describe('signing in with a provider', () => {
  let identity: FakeIdentity;
  let platform: PlatformUnderTest;
  beforeEach(async () => {
    identity = new FakeIdentity();
    platform = await startPlatformUnderTest({ identityHttp: identity });
  });
  afterEach(() => platform.stop());

  const open = (path: string, headers: string[] = []) => platform.send({ path, headers });
  const cookieOf = (answer: Received) => answer.headers['set-cookie']?.[0] ?? '';

  it('binds both halves to one browser by a cookie that scripts and other sites do not see [O-01, S-05]', async () => {
    const begun = await open('/auth/github');
    expect([begun.status, begun.headers.location]).toEqual([303, 'https://github.com/login/oauth/authorize?state=s']);
    const [, secret = ''] = /^gatehouse_sign_in=([\w-]{43}); Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/.exec(
      cookieOf(begun),
    ) ?? [''];
    expect(secret).toHaveLength(43);
    expect(identity.asked.at(-1)?.context).toMatchObject({ browser: secret, linker: null });
    await open('/auth/sso', ['cookie', `gatehouse_sign_in=${secret}`]);
    expect(identity.asked.at(-1)?.context.browser).toBe(secret);
    await open('/auth/sso/callback?code=c&state=s', ['cookie', `gatehouse_sign_in=${secret}`]);
    expect(identity.asked.at(-1)).toMatchObject({ what: 'sso?code=c&state=s', context: { browser: secret } });
  });

  it('uses the __Host- form of that cookie under HTTPS', async () => {
    const secure = await startPlatformUnderTest({ identityHttp: identity, PUBLIC_URL: 'https://gate.example' });
    expect(cookieOf(await secure.send({ path: '/auth/github' }))).toMatch(/^__Host-gatehouse_sign_in=.*; Secure$/);
    await secure.stop();
  });

  it.each([
    ['none', []],
    ['one of another form', ['cookie', 'gatehouse_sign_in=short']],
    ['two', ['cookie', `gatehouse_sign_in=${'a'.repeat(43)}; gatehouse_sign_in=${'b'.repeat(43)}`]],
    ['one of the other mode', ['cookie', `__Host-gatehouse_sign_in=${'a'.repeat(43)}`]],
  ])('believes no cookie where there is %s [H-061]', async (_what, headers) => {
    await open('/auth/github/callback?code=c&state=s', headers);
    expect(identity.asked.at(-1)?.context.browser).toBeNull();
  });

  it('passes on each parameter of a callback as often as it came, so that two are two [H-061]', async () => {
    await open('/auth/github/callback?state=a&state=b&code[]=c');
    expect(identity.asked.at(-1)?.what).toBe('github?state=a&state=b&code%5B%5D=c');
  });

  it('gives the browser a session, ends the one before, and shows no token to any script [O-08, H-075]', async () => {
    const { session, cookie } = await platform.signIn('owner@example.com');
    const back = await open('/auth/github/callback?code=c&state=s', cookie);
    expect([back.status, back.headers.location, back.text]).toEqual([303, '/', '']);
    expect(cookieOf(back)).toMatch(/^gatehouse_session=tok-federated; Path=\/; Max-Age=28800; HttpOnly; SameSite=Lax/);
    expect(session.ended).toBe(true);
  });

  it.each([
    [{ kind: 'account_disabled' }, '/sign-in?error=account_disabled'],
    [{ kind: 'linked' }, '/?linked=1'],
    [
      { kind: 'second_factor_required', challenge: 'ch-1', methods: ['totp', 'backup_code'], expiresInSeconds: 300 },
      '/sign-in#second_factor=ch-1&methods=totp,backup_code',
    ],
    ...(
      ['provider_refused', 'provider_unavailable', 'email_unverified', 'link_required', 'identity_taken'] as const
    ).map((code) => [{ kind: 'refused', code }, `/sign-in?error=${code}`] as const),
  ] as [FederationOutcome, string][])('%j leads to %s, without a session', async (outcome, location) => {
    identity.outcome = outcome;
    const back = await open('/auth/sso/callback?code=c&state=s');
    expect([back.status, back.headers.location]).toEqual([303, location]);
    expect(back.headers['set-cookie']).toBeUndefined();
  });

  it('says 403 on a page of our own to who comes back with a state that is not good [H-061, H-073]', async () => {
    identity.outcome = { kind: 'refused', code: 'state_invalid' };
    const back = await open('/auth/github/callback?state=%3Cscript%3E&error_description=%3Cscript%3Ealert(1)');
    expect(back.status).toBe(403);
    expect(back.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(back.text).not.toContain('<script>');
    expect(back.headers['set-cookie']).toBeUndefined();
  });

  it('says 503, and signs nobody in, where identity does not answer', async () => {
    identity.outcome = 'down';
    const back = await open('/auth/github/callback?code=c&state=s');
    expect(back.status).toBe(503);
    expect(back.json).toMatchObject({ code: 'service_unavailable' });
    expect(back.headers['set-cookie']).toBeUndefined();
  });

  it('does not let a page of somebody else begin a sign-in [O-10]', async () => {
    for (const site of ['cross-site', 'same-site']) {
      const answer = await open('/auth/github', ['sec-fetch-site', site]);
      expect([answer.status, answer.headers.location]).toEqual([303, '/sign-in']);
    }
    expect(identity.asked).toEqual([]);
    for (const site of ['same-origin', 'none']) await open('/auth/github', ['sec-fetch-site', site]);
    expect(identity.asked).toHaveLength(2);
  });

  it('links for whoever is signed in in this browser, and for nobody else', async () => {
    expect((await open('/auth/github?link=1')).status).toBe(401);
    const { session, cookie } = await platform.signIn('owner@example.com');
    expect((await open('/auth/github?link=1', cookie)).status).toBe(303);
    expect(identity.asked).toHaveLength(1);
    expect(identity.asked[0]?.context.linker).toEqual({ accountId: 'acc_owner', sessionId: session.id });
    for (const code of ['reauth_required', 'session_ended'] as const) {
      identity.begun = { kind: 'refused', code };
      expect((await open('/auth/github?link=1', cookie)).json).toMatchObject({ code });
    }
    expect((await open('/auth/github?link=2', cookie)).status).toBe(422);
  });

  it('is 404 for a provider that is not configured', async () => {
    identity.begun = { kind: 'not_configured' };
    expect((await open('/auth/sso')).json).toMatchObject({ code: 'not_found' });
    const without = await startPlatformUnderTest();
    for (const path of ['/auth/github', '/auth/sso', '/auth/github/callback', '/auth/sso/callback']) {
      expect((await without.send({ path })).status).toBe(404);
    }
    expect((await without.send({ path: '/auth/providers' })).json).toEqual({ providers: [] });
    await without.stop();
  });

  it('takes identities away only with the CSRF token, and says why not [H-068]', async () => {
    const { cookie, write, session } = await platform.signIn('owner@example.com');
    const remove = (headers: string[]) => platform.send({ method: 'DELETE', path: '/auth/identities/idn_1', headers });
    expect((await remove(cookie)).json).toMatchObject({ code: 'csrf_token_invalid' });
    for (const [kind, status] of [
      ['not_found', 404],
      ['last_way_in', 409],
      ['session_ended', 401],
      ['reauth_required', 403],
    ] as const) {
      platform.world.instead.set(unlinkIdentity.subject, { kind });
      const answer = await remove(write);
      expect([answer.status, (answer.json as { code: string }).code]).toEqual([status, kind]);
    }
    platform.world.instead.set(unlinkIdentity.subject, { kind: 'unlinked' });
    expect((await remove(write)).status).toBe(204);
    expect(platform.world.of(unlinkIdentity.subject).at(-1)).toMatchObject({
      person: { accountId: 'acc_owner', sessionId: session.id },
      identityId: 'idn_1',
    });
    expect((await open('/auth/identities', cookie)).json).toEqual({ identities: [] });
    expect((await open('/auth/providers')).json).toEqual({ providers: ['github'] });
    expect(platform.world.of(listIdentities.subject)).toEqual([{ accountId: 'acc_owner' }]);
    expect(platform.world.of(listProviders.subject)).toEqual([{}]);
  });
});
