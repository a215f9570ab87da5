import { createPublicKey } from 'node:crypto';
import { rsaPrivateKey } from '@gatehouse/testing/rsa-private-key';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type JWTHeaderParameters, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { outcomeOf } from './browser.conformance.js';
import { type FederationWorld, openFederationWorld } from './world.conformance.js';

const FOREIGN_KEY = rsaPrivateKey(2_048);
const HEADER: JWTHeaderParameters = { alg: 'RS256', kid: 'of-the-test' };
const OTHER_NONCE = 'n'.repeat(43);

describe('the ID token of the SSO provider [O-04]', () => {
  let world: FederationWorld;
  beforeAll(async () => {
    world = await openFederationWorld();
  });
  afterAll(() => world.stop());

  const nowSeconds = () => Math.floor(Date.now() / 1_000);
  const claimsOf = (nonce: string): JWTPayload => ({
    iss: world.sso.issuer,
    aud: world.sso.clientId,
    sub: 'sub|token',
    email: 'token@example.test',
    email_verified: true,
    name: 'A Person',
    nonce,
    iat: nowSeconds(),
    exp: nowSeconds() + 300,
  });
  const signed = (claims: JWTPayload, header = HEADER, key: Parameters<SignJWT['sign']>[0] = world.sso.signingKey) =>
    new SignJWT(claims).setProtectedHeader(header).sign(key);

  /** Signs in with a token of our own in place of the provider's. */
  const signInWith = async (make: (claims: JWTPayload) => Promise<string | undefined> | string | undefined) => {
    world.atSso();
    const one = world.browser();
    const { location } = await one.ask('/auth/sso');
    const callback = await one.follow(location ?? '');
    const token = await make(claimsOf(new URL(location ?? '').searchParams.get('nonce') ?? ''));
    world.sso.answerInstead((request, response) => {
      if (request.url !== '/token') return false;
      const answer = { access_token: 'a', token_type: 'Bearer', expires_in: 300, id_token: token };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      return true;
    });
    try {
      return outcomeOf(await one.ask(callback));
    } finally {
      world.sso.answerInstead(undefined);
    }
  };
  const without = (claims: JWTPayload, name: string) => {
    const { [name]: _gone, ...rest } = claims;
    return rest;
  };

  it('is accepted as it should be', async () => {
    expect((await signInWith((claims) => signed(claims))).kind).toBe('signed_in');
  });

  const mutations: Readonly<Record<string, (claims: JWTPayload) => Promise<string | undefined> | string | undefined>> =
    {
      'is missing': () => undefined,
      'is no JWT': () => 'token',
      'is not signed': (claims) => new UnsecuredJWT(claims).encode(),
      'is signed with another key': (claims) => signed(claims, HEADER, FOREIGN_KEY),
      'names a key that is not published': (claims) => signed(claims, { ...HEADER, kid: 'other' }),
      'brings its own key': (claims) =>
        signed(
          claims,
          { ...HEADER, jwk: createPublicKey(FOREIGN_KEY).export({ format: 'jwk' }) as never },
          FOREIGN_KEY,
        ),
      'is signed with the client secret': (claims) =>
        signed(claims, { alg: 'HS256' }, Buffer.from(world.sso.clientSecret)),
      'is signed with the public key as a secret': (claims) => {
        const pem = createPublicKey(world.sso.signingKey).export({ type: 'spki', format: 'pem' });
        return signed(claims, { alg: 'HS256', kid: 'of-the-test' }, Buffer.from(pem));
      },
      'is signed with an algorithm that was not agreed': (claims) => signed(claims, { ...HEADER, alg: 'PS256' }),
      'has a critical header that nobody knows': (claims) =>
        new SignJWT(claims)
          .setProtectedHeader({ ...HEADER, crit: ['exp'], exp: 1 })
          .sign(world.sso.signingKey, { crit: { exp: true } }),
      'was changed after it was signed': async (claims) => {
        const [header, , signature] = (await signed(claims)).split('.');
        const payload = Buffer.from(JSON.stringify({ ...claims, sub: 'other' })).toString('base64url');
        return `${header}.${payload}.${signature}`;
      },
      'lost its signature': async (claims) => `${(await signed(claims)).split('.').slice(0, 2).join('.')}.`,
      'is of another issuer': (claims) => signed({ ...claims, iss: 'https://evil.example' }),
      'is of the same issuer with a slash': (claims) => signed({ ...claims, iss: `${claims.iss}/` }),
      'has no issuer': (claims) => signed(without(claims, 'iss')),
      'is for somebody else': (claims) => signed({ ...claims, aud: 'other-client' }),
      'has no audience': (claims) => signed(without(claims, 'aud')),
      'is for several, and says of none that it asked': (claims) =>
        signed({ ...claims, aud: [world.sso.clientId, 'other-client'] }),
      'was asked for by somebody else': (claims) =>
        signed({ ...claims, aud: [world.sso.clientId, 'other-client'], azp: 'other-client' }),
      'is over': (claims) => signed({ ...claims, exp: nowSeconds() - 60 }),
      'never ends': (claims) => signed(without(claims, 'exp')),
      'does not say when it was made': (claims) => signed(without(claims, 'iat')),
      'is not valid yet': (claims) => signed({ ...claims, nbf: nowSeconds() + 120 }),
      'has no nonce': (claims) => signed(without(claims, 'nonce')),
      'has the nonce of another sign-in': (claims) => signed({ ...claims, nonce: OTHER_NONCE }),
      'is about nobody': (claims) => signed(without(claims, 'sub')),
      'is about an empty subject': (claims) => signed({ ...claims, sub: '' }),
    };

  it.each(Object.keys(mutations))('is refused where it %s', async (what) => {
    const make = mutations[what];
    if (make === undefined) throw new Error('there is no such mutation');
    expect(await signInWith(make)).toEqual({ kind: 'refused', code: 'provider_unavailable' });
  });
});
