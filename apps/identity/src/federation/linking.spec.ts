import { listIdentities, unlinkIdentity } from '@gatehouse/contracts/federation';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN, expectAuthenticated, expectSignedIn } from '../start.conformance.js';
import { outcomeOf, signedInOf } from './browser.conformance.js';
import { type FederationWorld, openFederationWorld } from './world.conformance.js';

const ORIGIN = { address: '192.0.2.7', userAgent: 'a browser', requestId: 'req-1' };

describe('linking and unlinking', () => {
  let world: FederationWorld;
  beforeAll(async () => {
    world = await openFederationWorld();
  });
  afterAll(() => world.stop());

  /** A session, as whoever asks to link or unlink has it. */
  const sessionOf = async (sessionToken: string) => {
    const found = expectAuthenticated(await world.identity.authenticate(sessionToken));
    return { accountId: found.account.id, sessionId: found.sessionId };
  };
  const admin = async () =>
    sessionOf(expectSignedIn(await world.identity.signIn(ADMIN.email, ADMIN.password)).sessionToken);
  const newcomer = async (provider: 'github' | 'sso') => {
    if (provider === 'github') world.atGithub();
    else world.atSso();
    return sessionOf(signedInOf(await world.browser().signIn(provider)).sessionToken);
  };
  const list = async (accountId: string) => (await world.identity.ask(listIdentities, { accountId })).identities;
  const unlink = async (person: { accountId: string; sessionId: string }, identityId: string) =>
    (await world.identity.ask(unlinkIdentity, { person: { ...person, origin: ORIGIN }, identityId })).kind;

  it('links an identity to whoever is signed in, whatever its address, and tells the owner [H-066]', async () => {
    const person = await admin();
    world.atGithub({ emails: [{ email: 'elsewhere@example.test', primary: true, verified: false }] });
    expect(await world.browser().signIn('github', person)).toEqual({ kind: 'linked' });
    expect(await world.browser().signIn('github', person)).toEqual({ kind: 'linked' });
    const [identity] = await list(person.accountId);
    expect(identity).toMatchObject({ provider: 'github', issuer: world.github.url, email: null });
    expect((await world.identity.nextMail(ADMIN.email)).subject).toBe('GitHub now opens your account');
    expect(signedInOf(await world.browser().signIn('github')).account.id).toBe(person.accountId);
    expect(await unlink(person, identity?.id ?? '')).toBe('unlinked');
    expect((await world.identity.nextMail(ADMIN.email)).subject).toBe('GitHub opens your account no more');
    const actions = await world.rows(
      `SELECT action FROM audit_events WHERE target = $1 ORDER BY at, action`,
      identity?.id,
    );
    expect(actions).toEqual([{ action: 'identity.linked' }, { action: 'identity.unlinked' }]);
  });

  it('asks for a sign-in of the last five minutes, to link and to unlink [M-09, H-068]', async () => {
    const person = await newcomer('sso');
    world.identity.clock.advanceSeconds(301);
    const refused = { kind: 'refused', code: 'reauth_required' };
    expect((await world.browser().ask('/auth/github', { linker: person })).outcome).toEqual(refused);
    expect((await world.browser().ask('/auth/sso', { linker: person })).outcome).toEqual(refused);
    const [identity] = await list(person.accountId);
    expect(await unlink(person, identity?.id ?? '')).toBe('reauth_required');
  });

  it('does not link for a session that has ended meanwhile, nor for one of somebody else', async () => {
    const person = await admin();
    world.atGithub();
    const one = world.browser();
    const callback = await one.goTo('github', person);
    await world.identity.signOut(person.sessionId);
    expect(outcomeOf(await one.ask(callback))).toEqual({ kind: 'refused', code: 'session_ended' });
    const foreign = { ...(await admin()), accountId: (await newcomer('sso')).accountId };
    const answer = await world.browser().ask('/auth/github', { linker: foreign });
    expect(answer.outcome).toEqual({ kind: 'refused', code: 'session_ended' });
    expect(await list(person.accountId)).toEqual([]);
  });

  it('leaves an identity with the account that has it', async () => {
    const user = world.atGithub();
    const owner = signedInOf(await world.browser().signIn('github')).account.id;
    const person = await admin();
    world.github.signedInAs(user);
    expect(await world.browser().signIn('github', person)).toEqual({ kind: 'refused', code: 'identity_taken' });
    expect(await list(owner)).toHaveLength(1);
    const [identity] = await list(owner);
    expect(await unlink(person, identity?.id ?? '')).toBe('not_found');
  });

  it('gives an identity to one of 20 accounts that ask for it at once', async () => {
    const people = [];
    for (let index = 0; index < 20; index++) people.push(await newcomer('sso'));
    const user = world.atGithub();
    const outcomes = await Promise.all(people.map((person) => world.browser().signIn('github', person)));
    expect(outcomes.filter(({ kind }) => kind === 'linked')).toHaveLength(1);
    expect(outcomes.filter((one) => one.kind === 'refused' && one.code === 'identity_taken')).toHaveLength(19);
    const rows = await world.rows('SELECT 1 FROM federated_identities WHERE subject = $1', String(user.id));
    expect(rows).toHaveLength(1);
  });

  it('keeps the last way in, also of 20 requests for the two last ones at once [H-068]', async () => {
    const person = await newcomer('sso');
    world.atGithub();
    expect(await world.browser().signIn('github', person)).toEqual({ kind: 'linked' });
    const ids = (await list(person.accountId)).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => unlink(person, ids[index % 2] ?? '')));
    expect(outcomes.filter((outcome) => outcome === 'unlinked')).toHaveLength(1);
    expect(outcomes).toContain('last_way_in');
    const [left] = await list(person.accountId);
    expect(await unlink(person, left?.id ?? '')).toBe('last_way_in');
  });

  it('ends every other session when an identity is taken away, and does not bring it back by e-mail', async () => {
    const user = world.atGithub({ emails: [{ email: ADMIN.email, primary: true, verified: true }] });
    const elsewhere = signedInOf(await world.browser().signIn('github'));
    const person = await admin();
    const [identity] = await list(person.accountId);
    expect(await unlink(person, identity?.id ?? '')).toBe('unlinked');
    expect((await world.identity.authenticate(elsewhere.sessionToken)).kind).toBe('refused');
    expect(await world.browser().signIn('github')).toEqual({ kind: 'refused', code: 'link_required' });
    world.github.signedInAs(user);
    expect(await world.browser().signIn('github', person)).toEqual({ kind: 'linked' });
    expect((await world.browser().signIn('github')).kind).toBe('signed_in');
    const [again] = await list(person.accountId);
    expect(await unlink(person, again?.id ?? '')).toBe('unlinked');
  });

  it('leaves no session of an identity that is unlinked while 20 sign in with it [H-068]', async () => {
    const person = await admin();
    const user = world.atGithub({ emails: [] });
    expect(await world.browser().signIn('github', person)).toEqual({ kind: 'linked' });
    const [identity] = await list(person.accountId);
    world.github.signedInAs(user);
    const browsers = Array.from({ length: 20 }, () => world.browser());
    const [unlinked, ...outcomes] = await Promise.all([
      unlink(person, identity?.id ?? ''),
      ...browsers.map((one) => one.signIn('github')),
    ]);
    expect(unlinked).toBe('unlinked');
    for (const outcome of outcomes) {
      if (outcome.kind !== 'signed_in') expect(outcome).toEqual({ kind: 'refused', code: 'email_unverified' });
      else expect((await world.identity.authenticate(outcome.sessionToken)).kind).toBe('refused');
    }
  });
});
