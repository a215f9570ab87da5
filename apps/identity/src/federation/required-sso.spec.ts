import { introspectToken, judgeAccessToken, refreshTokens, signInForTokens } from '@gatehouse/contracts/access-tokens';
import { acceptInvitation, inviteMember } from '@gatehouse/contracts/members';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { peopleOf, tokenIn } from '../accounts/person-under-test.conformance.js';
import { ADMIN, expectAuthenticated, expectSignedIn } from '../start.conformance.js';
import { signedInOf } from './browser.conformance.js';
import { type FederationWorld, openFederationWorld } from './world.conformance.js';

const ORIGIN = { address: '192.0.2.7', userAgent: 'a browser', requestId: 'req-1' };
const CLIENT = { clientId: 'one', refreshPrefix: 'one_rt_', origin: ORIGIN };
const API = { api: 'one', accepts: ['own', 'platform'] as ('own' | 'platform')[] };

describe('an organization that asks for single sign-on [H-074]', () => {
  let world: FederationWorld;
  let organizationId: string;
  let early: { readonly accessToken: string; readonly refreshToken: string };

  beforeAll(async () => {
    world = await openFederationWorld();
    early = await pairOf(ADMIN);
    const [organization] = await world.rows('SELECT id FROM organizations');
    organizationId = String(organization?.['id']);
    await world.rows('UPDATE organizations SET requires_sso = true');
  });
  afterAll(() => world.stop());

  const pairOf = async ({ email, password }: { readonly email: string; readonly password: string }) => {
    const outcome = await world.identity.ask(signInForTokens, { email, password, api: 'one', ...CLIENT });
    if (outcome.kind !== 'issued') throw new Error(`no tokens: ${outcome.kind}`);
    return outcome;
  };
  const judge = (accessToken: string) => world.identity.ask(judgeAccessToken, { accessToken, ...API });
  const whereTo = async (sessionToken: string) => {
    const { memberships, closedOrganizations } = expectAuthenticated(await world.identity.authenticate(sessionToken));
    return { open: memberships.map((one) => one.organizationId), closed: closedOrganizations };
  };
  const expectClosed = async ({ sessionToken, accessToken }: { sessionToken: string; accessToken: string }) => {
    const { open, closed } = await whereTo(sessionToken);
    expect(open).not.toContain(organizationId);
    expect(closed).toMatchObject([{ organizationId, wants: ['sso'] }]);
    expect(await judge(accessToken)).toEqual({ kind: 'refused', code: 'membership_missing' });
  };
  const bySso = async () => {
    world.atSso({ sub: 'ada', email: ADMIN.email });
    return signedInOf(await world.browser().signIn('sso'));
  };

  it('is closed at once to tokens that were given before it asked for that, and to what they are exchanged for', async () => {
    expect(await judge(early.accessToken)).not.toMatchObject({ kind: 'valid' });
    for (const token of [early.accessToken, early.refreshToken]) {
      expect(await world.identity.ask(introspectToken, { token, organizationId })).toEqual({ kind: 'inactive' });
    }
    const exchanged = await world.identity.ask(refreshTokens, { refreshToken: early.refreshToken, ...CLIENT });
    if (exchanged.kind === 'issued') expect(await judge(exchanged.accessToken)).not.toMatchObject({ kind: 'valid' });
  });

  it('lets in who has come by it', async () => {
    const { sessionToken, accessToken } = await bySso();
    expect(await whereTo(sessionToken)).toEqual({ open: [organizationId], closed: [] });
    expect(await judge(accessToken)).toMatchObject({ kind: 'valid', organizationId });
  });

  it('is closed to the same person with a password, at the pages and for programs', async () => {
    await expectClosed(expectSignedIn(await world.identity.signIn(ADMIN.email, ADMIN.password)));
    const { accessToken } = await pairOf(ADMIN);
    expect(await judge(accessToken)).toEqual({ kind: 'refused', code: 'membership_missing' });
  });

  it('is closed to the same person by GitHub', async () => {
    world.atGithub({ id: 5, emails: [{ email: ADMIN.email, primary: true, verified: true }] });
    const signedIn = signedInOf(await world.browser().signIn('github'));
    expect(signedIn.account).toEqual((await bySso()).account);
    await expectClosed(signedIn);
  });

  it('is closed after a password was set anew, and to the session with which that was done', async () => {
    const people = peopleOf(world.identity);
    await people.forgot(ADMIN.email);
    const link = tokenIn(await mailWith('Choose a new password'));
    expect((await people.reset(link, `${ADMIN.password} again`)).kind).toBe('password_reset');
    await expectClosed(expectSignedIn(await people.login(ADMIN.email, `${ADMIN.password} again`)));
  });

  it('is closed to who accepts an invitation in a session of another kind, and open by SSO', async () => {
    const { account } = await bySso();
    const people = peopleOf(world.identity);
    await people.join('guest@example.test');
    const actor = { accountId: account.id, organizationId, role: 'owner' as const, address: '', requestId: 'req-1' };
    const { userAgent } = ORIGIN;
    await world.identity.ask(inviteMember, { actor, userAgent, email: 'guest@example.test', role: 'admin' });
    const guest = await people.enter('guest@example.test');
    const token = tokenIn(await mailWith('You are invited'));
    const joined = await world.identity.ask(acceptInvitation, { person: guest.person, token });
    expect(joined.kind).toBe('joined');
    const { open, closed } = await whereTo(guest.sessionToken);
    expect(open).not.toContain(organizationId);
    expect(closed).toMatchObject([{ organizationId, wants: ['sso'] }]);
    world.atSso({ sub: 'guest', email: 'guest@example.test' });
    const { sessionToken } = signedInOf(await world.browser().signIn('sso'));
    expect((await whereTo(sessionToken)).open).toContain(organizationId);
  });

  const mailWith = async (subject: string) => {
    const find = () => world.identity.mails.find((mail) => mail.subject.startsWith(subject));
    await waitUntil(subject, async () => find() !== undefined, 10_000);
    const mail = find();
    if (mail === undefined) throw new Error('the mail is gone');
    return mail;
  };
});
