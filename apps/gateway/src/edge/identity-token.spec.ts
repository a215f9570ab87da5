import { describe, expect, it } from '@jest/globals';
import { decodeJwt, importJWK, jwtVerify } from 'jose';
import { exampleFacts } from '../proxy/gateway-under-test.conformance.js';
import { identityTokens, upstreamIdentityJwk } from './identity-token.js';

const ROOT = 'a root secret for tests 0123456789';

describe('identity tokens', () => {
  it('are signed once for the same facts within 20 seconds, also when many ask at once', async () => {
    let now = 1_000_000;
    const tokenOf = identityTokens(ROOT, 'https://g.example', () => now);
    const facts = exampleFacts();
    const first = tokenOf(facts);
    expect(tokenOf(facts)).toBe(first);
    const token = await first;
    now += 19_999;
    expect(tokenOf(facts)).toBe(token);
    now += 1;
    const later = await tokenOf(facts);
    expect(later).not.toBe(token);
    expect(decodeJwt(later).exp).toBe(Math.floor(now / 1000) + 60);
  });

  it('are signed anew for other facts, and after the clock was set back', async () => {
    let now = 100_000_000;
    const tokenOf = identityTokens(ROOT, 'https://g.example', () => now);
    const facts = exampleFacts();
    const token = await tokenOf(facts);
    expect(await tokenOf(exampleFacts({ revision: 2, scopes: [] }))).not.toBe(token);
    now -= 3_600_000;
    expect(decodeJwt(await tokenOf(facts)).iat).toBe(now / 1000);
  });

  it('are JWTs that a library verifies, whatever the claims hold, and refuses after a change of one character', async () => {
    const facts = exampleFacts({ organizationId: 'org_"ü\u0000\u{1f511}', scopes: ['a"b', 'ç'] });
    const token = await identityTokens(ROOT, 'https://g.example', Date.now)(facts);
    const key = await importJWK({ ...upstreamIdentityJwk(ROOT) }, 'EdDSA');
    const { payload } = await jwtVerify(token, key, { issuer: 'https://g.example', audience: facts.api, typ: 'JWT' });
    expect(payload).toMatchObject({ org: facts.organizationId, scope: 'a"b ç', sub: facts.keyId });
    const [header = '', claims = '', signature = ''] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...payload, sub: 'key_2' })).toString('base64url');
    await expect(jwtVerify([header, forged, signature].join('.'), key)).rejects.toThrow('signature');
    const other = await importJWK({ ...upstreamIdentityJwk(`${ROOT}!`) }, 'EdDSA');
    await expect(jwtVerify([header, claims, signature].join('.'), other)).rejects.toThrow('signature');
  });

  it('have a key that depends on the root secret alone', () => {
    expect(upstreamIdentityJwk(ROOT)).toEqual(upstreamIdentityJwk(ROOT));
    expect(upstreamIdentityJwk(ROOT).x).not.toBe(upstreamIdentityJwk(`${ROOT}!`).x);
  });
});
