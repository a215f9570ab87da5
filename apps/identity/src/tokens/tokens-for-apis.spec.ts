import { judgeAccessToken } from '@gatehouse/contracts/access-tokens';
import { describe, expect, it } from '@jest/globals';
import { identityForEach } from '../identity-for-each.conformance.js';
import {
  ADMIN,
  ADMIN_ENVIRONMENT,
  expectAuthenticated,
  expectSignedIn,
  type IdentityUnderTest,
} from '../start.conformance.js';

const HOUR_SECONDS = 3_600;

describe('the token of a sign-in, on a published API', () => {
  let identity: IdentityUnderTest;
  let accessToken: string;
  let sessionToken: string;

  identityForEach(ADMIN_ENVIRONMENT, async (opened) => {
    identity = opened;
    ({ accessToken, sessionToken } = expectSignedIn(await identity.signIn(ADMIN.email, ADMIN.password)));
  });

  const judge = (accepts: ('platform' | 'own')[] = ['platform'], token = accessToken) =>
    identity.ask(judgeAccessToken, { accessToken: token, api: 'one', accepts });
  const refused = (code: string) => ({ kind: 'refused', code });

  it('says who is behind it, and what that organization may use at this moment', async () => {
    expect(await judge()).toEqual({
      kind: 'valid',
      accountId: expect.stringMatching(/^acc_/),
      sessionId: expect.stringMatching(/^ses_/),
      organizationId: expect.stringMatching(/^org_/),
      plan: 'free',
      role: 'owner',
      limits: null,
      suspended: false,
    });
    await identity.owner.query(
      `UPDATE organizations SET plan = 'pro', suspended_at = now(), limits = '{"key":{"minute":5}}'`,
    );
    await identity.owner.query(`UPDATE memberships SET role = 'viewer'`);
    expect(await judge()).toMatchObject({
      plan: 'pro',
      role: 'viewer',
      limits: { key: { minute: 5 }, organization: null },
      suspended: true,
    });
  });

  it('is taken by APIs that take such tokens, and by no other [H-009]', async () => {
    expect(await judge(['own', 'platform'])).toMatchObject({ kind: 'valid' });
    expect(await judge(['own'])).toEqual(refused('token_invalid'));
  });

  it('is refused with the next request after its session has ended [T-06]', async () => {
    const { sessionId } = expectAuthenticated(await identity.authenticate(sessionToken));
    await identity.signOut(sessionId);
    expect(await judge()).toEqual(refused('token_ended'));
  });

  it('is refused when its account belongs nowhere any more [H-014]', async () => {
    await identity.owner.query('DELETE FROM memberships');
    expect(await judge()).toEqual(refused('membership_missing'));
  });

  it('expires after an hour, however busy its session is [X7]', async () => {
    for (let minutes = 0; minutes < 60; minutes += 20) {
      expect(await judge()).toMatchObject({ kind: 'valid' });
      identity.clock.advanceSeconds(HOUR_SECONDS / 3);
    }
    expect(await judge()).toEqual(refused('token_expired'));
    expect(await identity.authenticate(sessionToken)).toMatchObject({ kind: 'authenticated' });
  });

  it('is no session, no CSRF token, no challenge, and none of these is one [H-008]', async () => {
    const { csrfToken } = expectAuthenticated(await identity.authenticate(sessionToken));
    for (const other of [sessionToken, csrfToken]) {
      expect(await judge(['platform', 'own'], other)).toEqual(refused('token_invalid'));
    }
    expect(await identity.authenticate(accessToken.slice(0, 200))).toEqual(refused('session_unknown'));
  });
});
