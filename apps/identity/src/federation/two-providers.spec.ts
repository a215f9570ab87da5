import type { IncomingMessage, ServerResponse } from 'node:http';
import { type OidcProvider, startOidcProvider } from '@gatehouse/testing/oidc';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { ADMIN_ENVIRONMENT, type IdentityUnderTest, identityTests } from '../start.conformance.js';
import { outcomeOf, TestBrowser } from './browser.conformance.js';

const UNAVAILABLE = { kind: 'refused', code: 'provider_unavailable' };
const ENDS_WITHIN_MS = 8_000;

/** What no key set is. */
const BAD_KEY_SETS: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  'ten megabytes': (response) => response.end(`{"keys":[],"padding":"${'x'.repeat(10_000_000)}"}`),
  'a redirect': (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  'no end': (response) => response.writeHead(200).write('{"keys":['),
  'no answer': () => undefined,
};

/** Both call their key `of-the-test`, and have another one under that name. */
describe('two SSO providers whose keys have one name [H-012]', () => {
  let tests: Awaited<ReturnType<typeof identityTests>>;
  let identity: IdentityUnderTest;
  let ours: OidcProvider;
  let theirs: OidcProvider;

  beforeAll(async () => {
    tests = await identityTests();
    identity = await tests.open();
    [ours, theirs] = [await startProvider(), await startProvider()];
  });
  afterAll(async () => {
    await identity?.stop();
    await Promise.all([ours?.stop(), theirs?.stop()]);
    await tests?.stop();
  });

  const startProvider = () => startOidcProvider(['https://gatehouse.example.test/auth/sso/callback']);
  /** A replica that has asked no provider yet. */
  const replicaOf = async (provider: OidcProvider) => {
    const { httpUrl } = await identity.start({
      ...ADMIN_ENVIRONMENT,
      SSO_ISSUER: provider.issuer,
      SSO_CLIENT_ID: provider.clientId,
      SSO_CLIENT_SECRET: provider.clientSecret,
      IDENTITY_HTTP_PORT: '0',
    });
    return () => new TestBrowser([httpUrl]);
  };
  const person = (sub: string) => ({ sub, email: `${sub}@example.test`, email_verified: true });

  it('a token of one is refused by who trusts the other, whichever keys were read before', async () => {
    const [atOurs, atTheirs] = [await replicaOf(ours), await replicaOf(theirs)];
    ours.signedInAs(person('one'));
    theirs.signedInAs(person('two'));
    expect((await atTheirs().signIn('sso')).kind).toBe('signed_in');
    for (const issuer of [ours.issuer, theirs.issuer]) {
      expect(await signInWithTokenOf(theirs, ours, issuer, atOurs())).toEqual(UNAVAILABLE);
    }
    expect((await atOurs().signIn('sso')).kind).toBe('signed_in');
    for (const issuer of [ours.issuer, theirs.issuer]) {
      expect(await signInWithTokenOf(theirs, ours, issuer, atOurs())).toEqual(UNAVAILABLE);
      expect(await signInWithTokenOf(ours, theirs, issuer, atTheirs())).toEqual(UNAVAILABLE);
    }
  });

  it.each(Object.keys(BAD_KEY_SETS))('a key set that is %s is one clean refusal in bounded time', async (name) => {
    const browser = (await replicaOf(ours))();
    ours.signedInAs(person('three'));
    const callback = await browser.goTo('sso');
    ours.answerInstead((request, response) => {
      if (request.url !== '/jwks') return false;
      BAD_KEY_SETS[name]?.(response);
      return true;
    });
    const startedMs = performance.now();
    expect(outcomeOf(await browser.ask(callback))).toEqual(UNAVAILABLE);
    expect(performance.now() - startedMs).toBeLessThan(ENDS_WITHIN_MS);
    ours.answerInstead(undefined);
    expect((await browser.signIn('sso')).kind).toBe('signed_in');
  });

  /** Signs in at one provider, which gives a token that the other one has signed. */
  async function signInWithTokenOf(signer: OidcProvider, at: OidcProvider, issuer: string, browser: TestBrowser) {
    const { location } = await browser.ask('/auth/sso');
    const callback = await browser.follow(location ?? '');
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const token = await new SignJWT({
      ...person('mallory'),
      nonce: new URL(location ?? '').searchParams.get('nonce') ?? '',
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'of-the-test' })
      .setIssuer(issuer)
      .setAudience(at.clientId)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + 300)
      .sign(signer.signingKey);
    at.answerInstead((request: IncomingMessage, response) => {
      if (request.url !== '/token') return false;
      const answer = { access_token: 'a', token_type: 'Bearer', expires_in: 300, id_token: token };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      return true;
    });
    try {
      return outcomeOf(await browser.ask(callback));
    } finally {
      at.answerInstead(undefined);
    }
  }
});
