import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN, expectAuthenticated } from '../start.conformance.js';
import { outcomeOf, signedInOf } from './browser.conformance.js';
import { type FederationWorld, openFederationWorld } from './world.conformance.js';

const STATE_INVALID = { kind: 'refused', code: 'state_invalid' };

describe('sign-in with GitHub', () => {
  let world: FederationWorld;
  beforeAll(async () => {
    world = await openFederationWorld();
  });
  afterAll(() => world.stop());

  const stateOf = (callback: string) => new URLSearchParams(callback.split('?')[1]).get('state') ?? '';
  const tokensAsked = () => world.github.asks('/login/oauth/access_token');

  it('makes an account with an organization and no password, and opens the same one next time [T8]', async () => {
    const user = world.atGithub({ login: 'octocat', name: 'The Octocat' });
    const first = signedInOf(await world.browser().signIn('github'));
    const { id } = first.account;
    expect(first.account).toMatchObject({ email: user.emails[0]?.email, name: 'The Octocat' });
    const found = expectAuthenticated(await world.identity.authenticate(first.sessionToken));
    expect(found.memberships).toMatchObject([{ role: 'owner', plan: 'free' }]);
    expect(found.isOperator).toBe(false);
    expect(await world.rows('SELECT 1 FROM passwords WHERE account_id = $1', id)).toEqual([]);
    const again = signedInOf(await world.browser().signIn('github'));
    expect(again.account.id).toBe(id);
    expect(again.sessionToken).not.toBe(first.sessionToken);
    const sessions = await world.rows('SELECT proofs FROM sessions WHERE account_id = $1', id);
    expect(sessions).toEqual([{ proofs: ['github'] }, { proofs: ['github'] }]);
    const events = await world.rows('SELECT action FROM audit_events WHERE actor_account_id = $1 ORDER BY action', id);
    expect(events.map(({ action }) => action)).toEqual([
      'account.created',
      'identity.linked',
      'organization.created',
      'project.created',
      'session.started',
      'session.started',
    ]);
  });

  it('asks for as little as it needs, with PKCE and a constant way back [O-02, O-07, O-08]', async () => {
    world.atGithub();
    await world.browser().signIn('github');
    const asked = world.github.asked.filter(({ path }) => path.endsWith('/authorize')).at(-1);
    expect(Object.fromEntries(asked?.parameters ?? [])).toEqual({
      response_type: 'code',
      client_id: world.github.clientId,
      redirect_uri: 'https://gatehouse.example.test/auth/github/callback',
      scope: 'read:user user:email',
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
  });

  it('says no to a callback without a good state, and redeems no code for it [H-061]', async () => {
    world.atGithub();
    const one = world.browser();
    const callback = await one.goTo('github');
    const state = stateOf(callback);
    const before = tokensAsked();
    const bad = [
      'code=c',
      'code=c&state=',
      `code=c&state[]=${state}`,
      `code=c&state=${state}&state=${state}`,
      `code=c&state=${state.slice(0, -1)}`,
      `code=c&code=d&state=${state}`,
      'error=access_denied',
    ];
    for (const query of bad) {
      const answer = await one.ask(`/auth/github/callback?${query}`);
      expect(answer).toMatchObject({ status: 403, outcome: STATE_INVALID });
    }
    for (const browser of [null, world.browser().secret]) {
      expect((await one.ask(callback, { browser })).outcome).toEqual(STATE_INVALID);
    }
    expect((await one.ask(callback.replace('github', 'sso'))).outcome).toEqual(STATE_INVALID);
    expect(tokensAsked()).toBe(before);
    expect(outcomeOf(await one.ask(callback)).kind).toBe('signed_in');
  });

  it('is over after ten minutes [H-061]', async () => {
    world.atGithub();
    const one = world.browser();
    const [inTime, late] = [await one.goTo('github'), await one.goTo('github')];
    world.identity.clock.advanceSeconds(599);
    expect(outcomeOf(await one.ask(inTime)).kind).toBe('signed_in');
    world.identity.clock.advanceSeconds(1);
    expect(outcomeOf(await one.ask(late))).toEqual(STATE_INVALID);
  });

  it('comes back once: of 30 at once on three replicas, one signs in with one request for a token [H-065]', async () => {
    world.atGithub();
    const one = world.browser();
    const callback = await one.goTo('github');
    const before = tokensAsked();
    const outcomes = await Promise.all(Array.from({ length: 30 }, async () => outcomeOf(await one.ask(callback))));
    expect(outcomes.filter(({ kind }) => kind === 'signed_in')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'refused')).toHaveLength(29);
    expect(tokensAsked()).toBe(before + 1);
  });

  it('makes one account of 30 first sign-ins at once on three replicas [H-065]', async () => {
    const user = world.atGithub();
    const browsers = Array.from({ length: 30 }, () => world.browser());
    const outcomes = await Promise.all(browsers.map((one) => one.signIn('github')));
    const accounts = new Set(outcomes.map((one) => signedInOf(one).account.id));
    expect(accounts.size).toBe(1);
    const found = await world.rows('SELECT 1 FROM federated_identities WHERE subject = $1', String(user.id));
    expect(found).toHaveLength(1);
    expect(await world.rows('SELECT 1 FROM memberships WHERE account_id = $1', [...accounts][0])).toHaveLength(1);
  });

  it('lets a client address set out a hundred times in ten minutes, also at once [R-05]', async () => {
    world.atGithub();
    const one = world.browser();
    const begun = await Promise.all(Array.from({ length: 110 }, () => one.ask('/auth/github')));
    const refused = begun.filter(({ outcome }) => outcome?.kind === 'refused');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.outcome).toEqual({ kind: 'refused', code: 'too_many_attempts' });
    expect((await one.ask('/auth/github')).outcome).toEqual({ kind: 'refused', code: 'too_many_attempts' });
    expect((await world.browser().signIn('github')).kind).toBe('signed_in');
    world.identity.clock.advanceSeconds(601);
    expect((await one.signIn('github')).kind).toBe('signed_in');
  });

  it('does not open a disabled account [H-069]', async () => {
    world.atGithub();
    const { account } = signedInOf(await world.browser().signIn('github'));
    await world.rows('UPDATE accounts SET disabled_at = now() WHERE id = $1', account.id);
    expect(await world.browser().signIn('github')).toEqual({ kind: 'account_disabled' });
  });

  it('asks for the second factor that the account has set up', async () => {
    world.atGithub();
    const { account } = signedInOf(await world.browser().signIn('github'));
    await world.rows(
      `INSERT INTO totp_secrets (account_id, secret_sealed, created_at, confirmed_at) VALUES ($1, '', now(), now())`,
      account.id,
    );
    const outcome = await world.browser().signIn('github');
    expect(outcome).toMatchObject({ kind: 'second_factor_required', methods: ['totp'], expiresInSeconds: 300 });
    expect(outcome).not.toHaveProperty('sessionToken');
  });

  it('keeps neither the verifier nor the state where somebody could read it', async () => {
    world.atGithub();
    const one = world.browser();
    const callback = await one.goTo('github');
    await one.ask(callback);
    const exchange = world.github.asked.filter(({ path }) => path.endsWith('/access_token')).at(-1);
    const trips = await world.rows('SELECT * FROM federation_round_trips');
    const kept = trips.flatMap((row) =>
      Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value))),
    );
    for (const secret of [stateOf(callback), exchange?.parameters.get('code_verifier') ?? '']) {
      expect(secret).toHaveLength(43);
      expect(kept.join(' ')).not.toContain(secret);
      expect(world.identity.logged()).not.toContain(secret);
    }
  });

  it('lets only the gateway in', async () => {
    for (const authorization of ['', 'Bearer x', `Bearer ${'A'.repeat(43)}`]) {
      expect((await world.browser().ask('/auth/github', {}, { authorization })).status).toBe(403);
    }
    expect((await world.identity.signIn(ADMIN.email, ADMIN.password)).kind).toBe('signed_in');
  });
});
