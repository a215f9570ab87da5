import { setOrganizationSecurity } from '@gatehouse/contracts/organization-security';
import { describe, expect, it } from '@jest/globals';
import { identityForEach } from '../identity-for-each.conformance.js';
import {
  answer,
  codeOf,
  enrol,
  type PersonUnderTest,
  passwordStep,
  personBehind,
  signedInPerson,
} from '../second-factor/authenticator.conformance.js';
import { ADMIN_ENVIRONMENT, expectAuthenticated, type IdentityUnderTest } from '../start.conformance.js';

describe('what an organization asks of who enters it', () => {
  let identity: IdentityUnderTest;
  let own: PersonUnderTest;
  let organizationId: string;

  identityForEach(ADMIN_ENVIRONMENT, async (opened) => {
    identity = opened;
    own = await signedInPerson(identity);
    const { memberships } = expectAuthenticated(await identity.authenticate(own.sessionToken));
    organizationId = memberships[0]?.organizationId ?? '';
  });

  const secure = (person: PersonUnderTest['person'], requiresSecondFactor: boolean, requiresSso = false) =>
    identity.ask(setOrganizationSecurity, { person, organizationId, requiresSecondFactor, requiresSso });
  const entries = async ({ sessionToken }: PersonUnderTest) => {
    const { memberships, closedOrganizations } = expectAuthenticated(await identity.authenticate(sessionToken));
    return [memberships.map((each) => each.organizationId), closedOrganizations];
  };
  const closed = (...wants: string[]) => [[], [{ organizationId, organizationName: 'example.test', wants }]];
  const open = () => [[organizationId], []];

  it('closes it at once to sessions that have not shown it, and they are told what is missing [H-074]', async () => {
    await enrol(identity, own.person);
    // As if it had been opened before the factor was set up.
    await identity.owner.query(
      `INSERT INTO sessions SELECT 'ses_older', account_id, sha256('older'), created_at, last_seen_at, expires_at,
         absolute_expires_at, ended_at, address, user_agent, request_id, '{password}', end_reason
       FROM sessions WHERE id = $1`,
      [own.person.sessionId],
    );
    const older = { person: { ...own.person, sessionId: 'ses_older' }, sessionToken: 'older' };
    expect(await entries(older)).toEqual(open());
    expect(await secure(own.person, true)).toEqual({ kind: 'set' });
    expect(await entries(older)).toEqual(closed('second_factor'));
    expect(await entries(own)).toEqual(open());
    // Who is shut out does not open the door.
    expect(await secure(older.person, false)).toEqual({ kind: 'stronger_sign_in_required', wants: ['second_factor'] });
    expect(await secure(own.person, false)).toEqual({ kind: 'set' });
    expect(await entries(older)).toEqual(open());
  });

  it('cannot be more than its owner has shown: nobody shuts themselves out', async () => {
    expect(await secure(own.person, true)).toEqual({ kind: 'stronger_sign_in_required', wants: ['second_factor'] });
    await enrol(identity, own.person);
    expect(await secure(own.person, true, true)).toEqual({ kind: 'stronger_sign_in_required', wants: ['sso'] });
    expect(await entries(own)).toEqual(open());
  });

  it('is shown by every way to sign in with a second factor, and by setting one up in the session', async () => {
    const { secret, backupCodes } = await enrol(identity, own.person);
    await secure(own.person, true);
    for (const code of [codeOf(secret, identity), backupCodes[0] ?? '']) {
      const signedIn = await answer(identity, await passwordStep(identity), code);
      if (signedIn.kind !== 'signed_in') throw new Error(signedIn.kind);
      expect(await entries(await personBehind(identity, signedIn.sessionToken))).toEqual(open());
    }
    expect(await entries(own)).toEqual(open());
  });

  it('is SSO, where it asks for that: a password and a code are not enough [H-074]', async () => {
    await enrol(identity, own.person);
    await identity.owner.query('UPDATE organizations SET requires_sso = true');
    expect(await entries(own)).toEqual(closed('sso'));
    await identity.owner.query(`UPDATE sessions SET proofs = '{sso}'`);
    expect(await entries(own)).toEqual(open());
  });

  it('is for owners to say, who have signed in lately', async () => {
    await identity.owner.query(`UPDATE memberships SET role = 'admin'`);
    expect(await secure(own.person, false)).toEqual({ kind: 'not_permitted' });
    await identity.owner.query(`UPDATE memberships SET role = 'owner'`);
    expect(
      await identity.ask(setOrganizationSecurity, {
        person: own.person,
        organizationId: 'org_another',
        requiresSecondFactor: false,
        requiresSso: false,
      }),
    ).toEqual({ kind: 'not_permitted' });
    expect(await secure(own.person, false)).toEqual({ kind: 'set' });
    identity.clock.advanceSeconds(300);
    expect(await secure(own.person, false)).toEqual({ kind: 'reauth_required' });
    await identity.signOut(own.person.sessionId);
    expect(await secure(own.person, false)).toEqual({ kind: 'session_ended' });
    const log = await identity.owner.query(
      `SELECT target FROM audit_events WHERE action = 'organization.security_set'`,
    );
    expect(log).toEqual([{ target: organizationId }]);
  });
});
