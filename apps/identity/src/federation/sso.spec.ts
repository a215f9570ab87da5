import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN, expectAuthenticated } from '../start.conformance.js';
import { outcomeOf, signedInOf } from './browser.conformance.js';
import { type FederationWorld, openFederationWorld } from './world.conformance.js';

describe('single sign-on with an OpenID Connect provider', () => {
  let world: FederationWorld;
  beforeAll(async () => {
    world = await openFederationWorld();
  });
  afterAll(() => world.stop());

  it('makes an account, and opens the same one next time [T10]', async () => {
    const person = world.atSso({ name: 'Grace Hopper' });
    const first = signedInOf(await world.browser().signIn('sso'));
    expect(first.account).toMatchObject({ email: person.email, name: 'Grace Hopper' });
    const found = expectAuthenticated(await world.identity.authenticate(first.sessionToken));
    expect(found.memberships).toMatchObject([{ role: 'owner' }]);
    world.atSso({ sub: person.sub, email: 'new@example.test' });
    expect(signedInOf(await world.browser().signIn('sso')).account).toEqual(first.account);
    const rows = await world.rows('SELECT issuer, email FROM federated_identities WHERE subject = $1', person.sub);
    expect(rows).toEqual([{ issuer: world.sso.issuer, email: 'new@example.test' }]);
  });

  it('comes back once: of 20 at once, one signs in with one request for a token [H-065, H-070]', async () => {
    world.atSso();
    const one = world.browser();
    const callback = await one.goTo('sso');
    const tokensAsked = () => world.sso.asked.filter((path) => path === '/token').length;
    const before = tokensAsked();
    const outcomes = await Promise.all(Array.from({ length: 20 }, async () => outcomeOf(await one.ask(callback))));
    expect(outcomes.filter(({ kind }) => kind === 'signed_in')).toHaveLength(1);
    expect(tokensAsked()).toBe(before + 1);
  });

  it('tells people apart by the whole subject, as it is [O-05, H-067]', async () => {
    const accounts = new Set<string>();
    for (const sub of ['grace', 'Grace', 'grace ', 'g'.repeat(255)]) {
      world.atSso({ sub });
      accounts.add(signedInOf(await world.browser().signIn('sso')).account.id);
    }
    expect(accounts.size).toBe(4);
    for (const sub of ['g'.repeat(256), 'gr\u00e4ce']) {
      world.atSso({ sub });
      expect(await world.browser().signIn('sso')).toEqual({ kind: 'refused', code: 'provider_unavailable' });
    }
  });

  it.each([false, 'true', 1, null, undefined])(
    'does not take %p for a verified address [O-06, H-066]',
    async (word) => {
      const { sub } = world.atSso({ email: ADMIN.email, email_verified: word });
      expect(await world.browser().signIn('sso')).toEqual({ kind: 'refused', code: 'email_unverified' });
      expect(await world.rows('SELECT 1 FROM federated_identities WHERE subject = $1', sub)).toEqual([]);
    },
  );

  it('says that nobody agreed, and no word of what the provider says of it [H-073]', async () => {
    world.atSso();
    const one = world.browser();
    const state = new URLSearchParams((await one.goTo('sso')).split('?')[1]).get('state');
    const words = 'error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E';
    const answer = await one.ask(`/auth/sso/callback?state=${state}&${words}`);
    expect(answer.outcome).toEqual({ kind: 'refused', code: 'provider_refused' });
  });

  it('keeps everybody else going while the provider is down, and recovers with it [F-33]', async () => {
    world.identity.clock.advanceSeconds(1);
    world.atSso();
    const one = world.browser();
    const callback = await one.goTo('sso');
    world.sso.answerInstead((_request, response) => {
      response.writeHead(503).end('<h1>down</h1>');
      return true;
    });
    expect(outcomeOf(await one.ask(callback))).toEqual({ kind: 'refused', code: 'provider_unavailable' });
    expect((await world.identity.signIn(ADMIN.email, ADMIN.password)).kind).toBe('signed_in');
    world.sso.answerInstead(undefined);
    expect((await one.signIn('sso')).kind).toBe('signed_in');
  });
});
