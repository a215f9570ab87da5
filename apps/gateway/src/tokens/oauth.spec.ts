import { introspectToken, refreshTokens, revokeToken } from '@gatehouse/contracts/access-tokens';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type PlatformUnderTest, startPlatformUnderTest } from '../management/platform-under-test.conformance.js';

const FORM = ['content-type', 'application/x-www-form-urlencoded'];
const ISSUED = {
  kind: 'issued',
  accessToken: 'eyJ.a.b',
  accessTokenTtlSeconds: 3600,
  refreshToken: 'ex_rt_new',
  newBackupCodes: null,
};
const ACTIVE = {
  kind: 'active',
  use: 'access',
  accountId: 'acc_1',
  sessionId: 'ses_1',
  clientId: 'exante',
  audience: 'http://gate.example/apis/exante',
  issuer: 'http://gate.example',
  tokenId: 'one',
  issuedAt: 1,
  expiresAt: 2,
};

describe('the OAuth endpoints', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());
  beforeEach(() => {
    platform.world.instead.set(refreshTokens.subject, ISSUED);
    platform.world.instead.set(revokeToken.subject, { kind: 'revoked' });
    platform.world.instead.set(introspectToken.subject, ACTIVE);
    platform.world.asked.length = 0;
  });

  const post = (path: string, body: string, headers: readonly string[] = FORM) =>
    platform.send({ method: 'POST', path, body, headers });

  it('refresh for the client that an API is, and for no other', async () => {
    const form = 'grant_type=refresh_token&refresh_token=ex_rt_old&client_id=';
    const answer = await post('/oauth/token', `${form}exante`);
    expect([answer.status, answer.json]).toEqual([
      200,
      { access_token: 'eyJ.a.b', refresh_token: 'ex_rt_new', expires_in: 3600, token_type: 'Bearer' },
    ]);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(platform.world.asked).toEqual([
      {
        subject: refreshTokens.subject,
        input: expect.objectContaining({ refreshToken: 'ex_rt_old', clientId: 'exante', refreshPrefix: 'ex_rt_' }),
      },
    ]);
    for (const client of ['gatehouse', 'nobody', '__proto__']) {
      const other = await post('/oauth/token', form + client);
      expect([other.status, other.json]).toMatchObject([401, { error: 'invalid_client' }]);
    }
  });

  it.each([
    ['', 'invalid_request'],
    ['grant_type=refresh_token', 'invalid_request'],
    ['grant_type=refresh_token&client_id=exante&refresh_token=', 'invalid_request'],
    ['grant_type=refresh_token&client_id=exante&refresh_token=a&refresh_token=b', 'invalid_request'],
    ['grant_type=password&username=ada&password=secret&client_id=exante', 'unsupported_grant_type'],
    [`grant_type=refresh_token&client_id=exante&refresh_token=${'a'.repeat(300)}`, 'invalid_grant'],
  ])('answer %s with %s, as OAuth clients know it [T-13]', async (form, error) => {
    const answer = await post('/oauth/token', form);
    expect([answer.status, answer.json]).toMatchObject([400, { error, error_description: expect.any(String) }]);
    expect(platform.world.asked).toEqual([]);
  });

  it('say invalid_grant, whatever is wrong with a refresh token', async () => {
    platform.world.instead.set(refreshTokens.subject, { kind: 'refused' });
    const answer = await post('/oauth/token', 'grant_type=refresh_token&refresh_token=x&client_id=exante');
    expect([answer.status, answer.json]).toMatchObject([400, { error: 'invalid_grant' }]);
  });

  it('take forms only, and nothing from the query [H-087]', async () => {
    const json = ['content-type', 'application/json'];
    expect((await post('/oauth/token', '{"grant_type":"refresh_token"}', json)).status).toBe(415);
    expect((await post('/oauth/revoke', '{"token":"x"}', json)).status).toBe(415);
    const query = await post('/oauth/revoke?token=x', '');
    expect([query.status, query.json]).toMatchObject([400, { error: 'invalid_request' }]);
    expect((await post('/auth/login', 'email=a&password=b')).status).toBe(415);
    expect(platform.world.asked).toEqual([]);
  });

  it('revoke for whoever has a token, known or not; of another client it stays [T-09]', async () => {
    expect((await post('/oauth/revoke', 'token=anything&token_type_hint=access_token')).status).toBe(200);
    expect(platform.world.asked).toMatchObject([{ input: { token: 'anything', clientId: null } }]);
    platform.world.instead.set(revokeToken.subject, { kind: 'other_client' });
    const other = await post('/oauth/revoke', 'token=anything&client_id=other');
    expect([other.status, other.json]).toMatchObject([401, { error: 'invalid_client' }]);
  });

  it('introspect with one credential: a token in the form beside the one in the header is refused [T-12]', async () => {
    const ada = await platform.signIn('developer@example.com');
    for (const form of ['token=x&access_token=y', 'access_token=y&token=x']) {
      const answer = await post('/oauth/introspect', form, [...FORM, ...ada.bearer]);
      expect([answer.status, answer.json]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })]);
    }
  });

  it('introspect for a member only, and tell its organization alone [T-10]', async () => {
    expect((await post('/oauth/introspect', 'token=x')).status).toBe(401);
    const ada = await platform.signIn('ada@example.test');
    const answer = await post('/oauth/introspect', 'token=x', [...FORM, ...ada.bearer]);
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        active: true,
        token_type: 'Bearer',
        client_id: 'exante',
        iss: 'http://gate.example',
        aud: 'http://gate.example/apis/exante',
        sub: 'acc_1',
        sid: 'ses_1',
        iat: 1,
        exp: 2,
        jti: 'one',
      },
    ]);
    platform.world.instead.set(introspectToken.subject, { kind: 'inactive' });
    expect((await post('/oauth/introspect', 'token=x', [...FORM, ...ada.bearer])).text).toBe('{"active":false}');
  });

  it('are where the metadata says [RFC 8414]', async () => {
    const { json } = await platform.send({ path: '/.well-known/oauth-authorization-server' });
    expect(json).toMatchObject({ issuer: 'http://gate.example', grant_types_supported: ['refresh_token'] });
    const urls = Object.entries(json as Record<string, string>).filter(([name]) => name.endsWith('_endpoint'));
    const served = platform.routes.map(({ path }) => `http://gate.example${path}`);
    expect(urls).toHaveLength(3);
    for (const [, url] of urls) expect(served).toContain(url);
  });

  it('are 503 where a revocation cannot be made sure of [H-094]', async () => {
    const alone = await startPlatformUnderTest({ withoutServices: true });
    try {
      const answer = await alone.send({ method: 'POST', path: '/oauth/revoke', body: 'token=x', headers: FORM });
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    } finally {
      await alone.stop();
    }
  });
});
