import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { identityForEach } from '../identity-for-each.conformance.js';
import {
  ADMIN,
  ADMIN_ENVIRONMENT,
  expectAuthenticated,
  expectSignedIn,
  type IdentityUnderTest,
} from '../start.conformance.js';

const MINUTE = 60;

describe('a session', () => {
  let identity: IdentityUnderTest;
  let token: string;

  identityForEach(ADMIN_ENVIRONMENT, async (opened) => {
    identity = opened;
    token = expectSignedIn(await identity.signIn(ADMIN.email, ADMIN.password)).sessionToken;
  });

  it('says who is behind it, with what, and for how long', async () => {
    const found = expectAuthenticated(await identity.authenticate(token));
    expect(found.account.email).toBe(ADMIN.email);
    expect(found.memberships).toEqual([
      {
        organizationId: expect.stringMatching(/^org_\w{22}$/),
        organizationName: 'example.test',
        plan: 'free',
        role: 'owner',
      },
    ]);
    expect(found.csrfToken).toMatch(/^[\w-]{43}$/);
    expect(found.accessToken).not.toBeNull();
    expect(Date.parse(found.expiresAt)).toBe(identity.clock.nowMs() + 60 * MINUTE * 1000);
  });

  it('is unknown under any other token', async () => {
    for (const other of ['', 'x', `${token}x`, token.slice(0, -1), '\u0000', "' OR 1=1 --"]) {
      expect(await identity.authenticate(other)).toEqual({ kind: 'refused', code: 'session_unknown' });
    }
  });

  it('stands for 60 minutes without activity, and no second longer [S-03]', async () => {
    identity.clock.advanceSeconds(60 * MINUTE + 1);
    expect(await identity.authenticate(token)).toEqual({ kind: 'refused', code: 'session_ended' });
  });

  it('is kept alive by activity, but for 8 hours at most [S-03, H-079]', async () => {
    for (let halfHours = 1; halfHours < 16; halfHours += 1) {
      identity.clock.advanceSeconds(30 * MINUTE);
      const found = expectAuthenticated(await identity.authenticate(token));
      expect(Date.parse(found.expiresAt)).toBeLessThanOrEqual(Date.parse(found.absoluteExpiresAt));
    }
    identity.clock.advanceSeconds(30 * MINUTE - 1);
    const last = expectAuthenticated(await identity.authenticate(token));
    expect(last.accessTokenTtlSeconds).toBe(1);
    identity.clock.advanceSeconds(1);
    expect(await identity.authenticate(token)).toEqual({ kind: 'refused', code: 'session_ended' });
  });

  it('writes activity down once a minute, whoever asks', async () => {
    const version = async () => (await identity.owner.query('SELECT xmin::text AS v FROM sessions'))[0].v;
    const atStart = await version();
    identity.clock.advanceSeconds(59);
    await Promise.all(Array.from({ length: 20 }, () => identity.authenticate(token)));
    expect(await version()).toBe(atStart);
    identity.clock.advanceSeconds(1);
    const found = await Promise.all(Array.from({ length: 20 }, () => identity.authenticate(token)));
    const expected = new Date(identity.clock.nowMs() + 60 * MINUTE * 1000).toISOString();
    for (const each of found) expect(expectAuthenticated(each).expiresAt).toBe(expected);
    const afterFirst = await version();
    expect(afterFirst).not.toBe(atStart);
    await identity.authenticate(token);
    expect(await version()).toBe(afterFirst);
  });

  it('is refused with every credential once its owner has signed out, on every replica [S-04]', async () => {
    await identity.start();
    const found = expectAuthenticated(await identity.authenticate(token));
    const accessToken = found.accessToken ?? '';
    expect((await identity.authenticateToken(accessToken)).kind).toBe('authenticated');
    expect(await identity.signOut(found.sessionId)).toEqual({ kind: 'signed_out' });
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect(await identity.authenticate(token)).toEqual({ kind: 'refused', code: 'session_ended' });
      expect(await identity.authenticateToken(accessToken)).toEqual({ kind: 'refused', code: 'session_ended' });
    }
  });

  it('is not revived by activity that races with its end', async () => {
    const { sessionId } = expectAuthenticated(await identity.authenticate(token));
    identity.clock.advanceSeconds(2 * MINUTE);
    await Promise.all([
      ...Array.from({ length: 20 }, () => identity.authenticate(token)),
      identity.signOut(sessionId),
      ...Array.from({ length: 20 }, () => identity.authenticate(token)),
    ]);
    expect(await identity.authenticate(token)).toEqual({ kind: 'refused', code: 'session_ended' });
  });

  it('ends once: the second end is the same answer and no second audit entry', async () => {
    const { sessionId } = expectAuthenticated(await identity.authenticate(token));
    await Promise.all(Array.from({ length: 10 }, () => identity.signOut(sessionId)));
    expect(await identity.signOut('ses_unknown')).toEqual({ kind: 'signed_out' });
    const rows = await identity.owner.query(`SELECT target FROM audit_events WHERE action = 'session.ended'`);
    expect(rows).toEqual([{ target: sessionId }]);
  });

  it('has a CSRF token that no other session has, and that stays the same [H-081]', async () => {
    const other = expectSignedIn(await identity.signIn(ADMIN.email, ADMIN.password)).sessionToken;
    const tokens = await Promise.all([token, token, other].map((each) => identity.authenticate(each)));
    const [first, again, second] = tokens.map((found) => expectAuthenticated(found).csrfToken);
    expect(again).toBe(first);
    expect(second).not.toBe(first);
  });

  it('is stored as a hash only [S-01]', async () => {
    const [row] = await identity.owner.query('SELECT * FROM sessions');
    expect(row.token_hash).toEqual(createHash('sha256').update(token).digest());
    expect(JSON.stringify(row)).not.toContain(token);
  });

  it('is another one after each sign-in [S-02, H-075]', async () => {
    const other = expectSignedIn(await identity.signIn(ADMIN.email, ADMIN.password)).sessionToken;
    expect(other).not.toBe(token);
  });

  it('survives a restart of the service', async () => {
    const running = await identity.start();
    await running.stop();
    const again = await identity.start();
    expect(again.claimToken).toBeNull();
    expect((await identity.authenticate(token)).kind).toBe('authenticated');
  });
});
