import { freePort } from '@gatehouse/launch/free-port.client';
import { startChromium, type TestChromium } from '@gatehouse/testing/chromium';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type PlatformWithClock, startPlatformWithClock } from '../conformance/platform-with-clock.js';

/** Runs in the page: what the console does with options of ours. */
const CREATE = `async (options) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return (await navigator.credentials.create({ publicKey })).toJSON();
}`;
const GET = `async (options) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({ publicKey })).toJSON();
}`;

describe('a passkey in a real browser', () => {
  let platform: PlatformWithClock;
  let browser: TestChromium;

  beforeAll(async () => {
    const port = String(await freePort());
    platform = await startPlatformWithClock({ PORT: port, PUBLIC_URL: `http://localhost:${port}` });
    browser = await startChromium(`http://localhost:${port}/`);
  });
  afterAll(async () => {
    await browser?.stop();
    await platform?.stop();
  });
  beforeEach(async () => {
    await browser.send('POST', '/auth/logout', {});
    await browser.authenticator.setUserVerified(true);
    const { challenge } = (await signInWithPassword()).body;
    // The test before has left a passkey.
    if (challenge !== undefined) await signInWithPasskey(challenge);
    for (const { id } of (await browser.send('GET', '/auth/passkeys')).body.data) {
      await browser.send('DELETE', `/auth/passkeys/${id}`);
    }
    await browser.authenticator.clear();
  });

  /** With a passkey there, the answer is the challenge of the second step. */
  const signInWithPassword = () => browser.send('POST', '/auth/login', platform.admin);
  const create = (options: unknown) => browser.run(`(${CREATE})(${JSON.stringify(options)})`);
  const get = (options: unknown) => browser.run(`(${GET})(${JSON.stringify(options)})`);
  const optionsFor = async (path: string, json: object = {}) => (await browser.send('POST', path, json)).body;
  const add = async (name = 'My laptop') => {
    const response = await create(await optionsFor('/auth/passkeys/options'));
    return browser.send('POST', '/auth/passkeys', { name, response });
  };
  const signInWithPasskey = async (challenge?: string) => {
    const response = await get(await optionsFor('/auth/login/passkey/options', { challenge }));
    return browser.send('POST', '/auth/login/passkey', { challenge, response });
  };
  const signOut = () => browser.send('POST', '/auth/logout', {});
  const isSignedIn = async () => (await browser.send('GET', '/auth/session')).status === 200;

  it('is added, listed and removed, each with a notice to its owner', async () => {
    const added = await add();
    expect(added).toMatchObject({ status: 201, body: { name: 'My laptop', last_used_at: null } });
    expect((await platform.nextMail(platform.admin.email)).subject).toContain('passkey was added');
    expect((await browser.send('GET', '/auth/passkeys')).body.data).toEqual([added.body]);
    expect((await browser.send('DELETE', `/auth/passkeys/${added.body.id}`)).status).toBe(204);
    expect((await platform.nextMail(platform.admin.email)).subject).toContain('passkey was removed');
    expect((await browser.send('GET', '/auth/passkeys')).body.data).toEqual([]);
  });

  it('signs in alone, without a name or a password, and is both factors', async () => {
    await add();
    await signOut();
    const response = await get(await optionsFor('/auth/login/passkey/options'));
    const answer = await browser.send('POST', '/auth/login/passkey', { response });
    expect(answer).toMatchObject({
      status: 200,
      body: { status: 'signed_in', account: { email: platform.admin.email } },
    });
    const { body } = await browser.send('GET', '/auth/sessions');
    expect(body.data.find(({ current }: { current: boolean }) => current).proofs).toEqual(['passkey']);
    expect((await browser.send('GET', '/auth/passkeys')).body.data[0].last_used_at).not.toBeNull();
  });

  it('is asked for after the password, and a challenge takes the passkeys of its account alone', async () => {
    await add();
    await signOut();
    const first = await signInWithPassword();
    expect(first.body).toMatchObject({ status: 'second_factor_required', methods: ['passkey'], expires_in: 300 });
    expect(await isSignedIn()).toBe(false);
    const { challenge } = first.body;
    const options = await optionsFor('/auth/login/passkey/options', { challenge });
    expect(options.allowCredentials).toHaveLength(1);
    const response = await get(options);
    expect((await browser.send('POST', '/auth/login/passkey', { challenge, response })).body.status).toBe('signed_in');
    expect(await isSignedIn()).toBe(true);
  });

  it('signs once: the same answer again opens nothing, however many come at once [H-058]', async () => {
    await add();
    await signOut();
    const response = await get(await optionsFor('/auth/login/passkey/options'));
    const statuses = await browser.run(`Promise.all(Array.from({ length: 20 }, async () =>
      (await fetch('/auth/login/passkey', { method: 'POST', headers: { 'content-type': 'application/json' },
        body: ${JSON.stringify(JSON.stringify({ response }))} })).status))`);
    expect(statuses.filter((status: number) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status: number) => status === 401)).toHaveLength(19);
  });

  it('opens nothing when it was removed, or answers another ceremony, or its time is over', async () => {
    const { body } = await add();
    const spare = await add('spare').then(
      () => 'added twice',
      () => 'refused by the authenticator',
    );
    expect(spare).toBe('refused by the authenticator');
    const late = await get(await optionsFor('/auth/login/passkey/options'));
    const bound = await get(await optionsFor('/auth/login/passkey/options'));
    const removed = await get(await optionsFor('/auth/login/passkey/options'));
    const { challenge } = (await signInWithPassword()).body;
    const wrong = await browser.send('POST', '/auth/login/passkey', { challenge, response: bound });
    expect([wrong.status, wrong.body.code]).toEqual([401, 'passkey_invalid']);
    await browser.send('DELETE', `/auth/passkeys/${body.id}`);
    expect((await browser.send('POST', '/auth/login/passkey', { response: removed })).body.code).toBe(
      'passkey_invalid',
    );
    platform.clock.advanceSeconds(300);
    expect((await browser.send('POST', '/auth/login/passkey', { response: late })).body.code).toBe('passkey_invalid');
    const ended = await browser.send('POST', '/auth/login/passkey/options', { challenge });
    expect([ended.status, ended.body.code]).toEqual([401, 'challenge_ended']);
  });

  it('does not sign in with a signature, a challenge or an owner that was changed on the way', async () => {
    await add();
    await signOut();
    const changes: ((response: Record<string, string>) => void)[] = [
      (response) => {
        response['signature'] = `${response['signature']?.slice(0, -4)}AAAA`;
      },
      (response) => {
        const data = JSON.parse(Buffer.from(response['clientDataJSON'] ?? '', 'base64url').toString());
        data.origin = 'https://evil.example.test';
        response['clientDataJSON'] = Buffer.from(JSON.stringify(data)).toString('base64url');
      },
      (response) => {
        response['userHandle'] = Buffer.from('acc_0000000000000000000000').toString('base64url');
      },
      (response) => {
        response['clientDataJSON'] = 'AAAA';
      },
    ];
    for (const change of changes) {
      const response = await get(await optionsFor('/auth/login/passkey/options'));
      change(response.response);
      const refused = await browser.send('POST', '/auth/login/passkey', { response });
      expect([refused.status, refused.body.code]).toEqual([401, 'passkey_invalid']);
    }
    expect(await isSignedIn()).toBe(false);
  });

  it('is not taken from an authenticator that has not checked its holder', async () => {
    await add();
    await signOut();
    const options = await optionsFor('/auth/login/passkey/options');
    await browser.authenticator.setUserVerified(false);
    // With `discouraged` the browser lets it pass; the server does not.
    const response = await get({ ...options, userVerification: 'discouraged' });
    expect((await browser.send('POST', '/auth/login/passkey', { response })).body.code).toBe('passkey_invalid');
  });

  it('is added in a fresh session only, by the session that began [H-055] [M-09]', async () => {
    const options = await optionsFor('/auth/passkeys/options');
    const response = await create(options);
    await signInWithPassword();
    const other = await browser.send('POST', '/auth/passkeys', { name: 'other', response });
    expect([other.status, other.body.code]).toEqual([401, 'passkey_invalid']);
    platform.clock.advanceSeconds(300);
    const stale = await browser.send('POST', '/auth/passkeys/options', {});
    expect([stale.status, stale.body.code]).toEqual([403, 'reauth_required']);
  });

  it.each([
    ['POST', '/auth/login/passkey', {}],
    ['POST', '/auth/login/passkey', { response: { id: 'x', rawId: 'x', type: 'public-key', response: {} } }],
    ['POST', '/auth/login/passkey', { response: null, challenge: 5 }],
    ['POST', '/auth/passkeys', { name: '', response: {} }],
  ])('says what is wrong with %s %s %j', async (method, path, json) => {
    const answer = await browser.send(method, path, json);
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_error']);
  });
});
