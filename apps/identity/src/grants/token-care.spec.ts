import {
  introspectToken,
  judgeAccessToken,
  refreshTokens,
  revokeToken,
  signInForTokens,
} from '@gatehouse/contracts/access-tokens';
import { describe, expect, it } from '@jest/globals';
import { identityForEach } from '../identity-for-each.conformance.js';
import {
  ADMIN,
  ADMIN_ENVIRONMENT,
  expectAuthenticated,
  expectSignedIn,
  type IdentityUnderTest,
} from '../start.conformance.js';

const ORIGIN = { address: '192.0.2.9', userAgent: 'a program', requestId: 'req-9' };
const CLIENT = { clientId: 'one', refreshPrefix: 'one_rt_', origin: ORIGIN };
const REFUSED = { kind: 'refused' };
const INACTIVE = { kind: 'inactive' };

describe('a token that was given', () => {
  let identity: IdentityUnderTest;
  let organizationId: string;

  identityForEach(ADMIN_ENVIRONMENT, async (opened) => {
    identity = opened;
    [{ id: organizationId }] = await identity.owner.query('SELECT id FROM organizations');
  });

  const pair = async () => {
    const login = { email: ADMIN.email, password: ADMIN.password, api: 'one', ...CLIENT };
    const outcome = await identity.ask(signInForTokens, login);
    if (outcome.kind !== 'issued') throw new Error(`no tokens: ${outcome.kind}`);
    return outcome;
  };
  const refresh = (refreshToken: string) => identity.ask(refreshTokens, { refreshToken, ...CLIENT });
  const revoke = (token: string, clientId: string | null = null) =>
    identity.ask(revokeToken, { token, clientId, origin: ORIGIN });
  const introspect = (token: string, asker = organizationId) =>
    identity.ask(introspectToken, { token, organizationId: asker });
  const judge = async (accessToken: string) =>
    (await identity.ask(judgeAccessToken, { accessToken, api: 'one', accepts: ['own', 'platform'] })).kind;

  it('is dead with all its family once it is revoked, whichever of the two it is [T-09]', async () => {
    for (const which of ['accessToken', 'refreshToken'] as const) {
      const given = await pair();
      expect(await revoke(given[which])).toEqual({ kind: 'revoked' });
      expect(await judge(given.accessToken)).toBe('refused');
      expect(await refresh(given.refreshToken)).toEqual(REFUSED);
      expect(await revoke(given[which])).toEqual({ kind: 'revoked' });
    }
  });

  it('ends what it belongs to also after it has expired, by whichever clock: others may still take it [INV-01]', async () => {
    const given = await pair();
    identity.clock.advanceSeconds(3_601);
    expect(await judge(given.accessToken)).toBe('refused');
    expect(await revoke(given.accessToken)).toEqual({ kind: 'revoked' });
    expect(await refresh(given.refreshToken)).toEqual(REFUSED);
  });

  it('ends the session of a sign-in to the pages, where it is the token of one', async () => {
    const { accessToken, sessionToken } = expectSignedIn(await identity.signIn(ADMIN.email, ADMIN.password));
    await revoke(accessToken);
    expect(await identity.authenticate(sessionToken)).toEqual({ kind: 'refused', code: 'session_ended' });
  });

  it('is left as it is for another client, and an unknown one is revoked already [T-08]', async () => {
    const given = await pair();
    expect(await revoke(given.refreshToken, 'two')).toEqual({ kind: 'other_client' });
    expect(await judge(given.accessToken)).toBe('valid');
    const [head, body] = given.accessToken.split('.');
    for (const unknown of ['', 'one_rt_x', 'a.b.c', `${head}.${body}.`, `${given.refreshToken}x`]) {
      expect(await revoke(unknown)).toEqual({ kind: 'revoked' });
    }
    expect(await judge(given.accessToken)).toBe('valid');
  });

  it('leaves no child when it is revoked while it is exchanged, on three replicas [H-090]', async () => {
    await identity.start();
    await identity.start();
    for (let round = 0; round < 20; round += 1) {
      const { refreshToken } = await pair();
      const [revoked, raced] = await Promise.all([revoke(refreshToken), refresh(refreshToken)]);
      expect(revoked).toEqual({ kind: 'revoked' });
      if (raced.kind !== 'issued') continue;
      expect(await judge(raced.accessToken)).toBe('refused');
      expect(await refresh(raced.refreshToken)).toEqual(REFUSED);
    }
  });

  it('is never called revoked while that cannot be written, and is once it can [H-094]', async () => {
    const given = await pair();
    await identity.owner.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'read only' USING ERRCODE = '25006'; END $$`,
    );
    await identity.owner.query(
      'CREATE TRIGGER refuse BEFORE UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION refuse()',
    );
    await expect(revoke(given.refreshToken)).rejects.toThrow('cannot reach a part that it needs');
    expect(await judge(given.accessToken)).toBe('valid');
    await identity.owner.query('DROP TRIGGER refuse ON sessions');
    expect(await revoke(given.refreshToken)).toEqual({ kind: 'revoked' });
    expect(await judge(given.accessToken)).toBe('refused');
  });

  it('is told of while it stands, to its organization [T-10]', async () => {
    const given = await pair();
    const common = {
      kind: 'active',
      accountId: expect.stringMatching(/^acc_/),
      sessionId: expect.stringMatching(/^ses_/),
      clientId: 'one',
      audience: expect.stringMatching(/\/apis\/one$/),
      issuer: expect.stringMatching(/^https:/),
      issuedAt: expect.any(Number),
    };
    const nowSeconds = Math.floor(identity.clock.nowMs() / 1_000);
    expect(await introspect(given.accessToken)).toEqual({
      ...common,
      use: 'access',
      tokenId: expect.any(String),
      expiresAt: nowSeconds + 3_600,
    });
    expect(await introspect(given.refreshToken)).toEqual({
      ...common,
      use: 'refresh',
      tokenId: null,
      expiresAt: nowSeconds + 30 * 86_400,
    });
    const { accessToken } = expectSignedIn(await identity.signIn(ADMIN.email, ADMIN.password));
    expect(await introspect(accessToken)).toMatchObject({ kind: 'active', clientId: 'gatehouse' });
  });

  it('is inactive, the same for every reason: unknown, spent, over, ended, another organization’s [H-095]', async () => {
    const spent = await pair();
    await refresh(spent.refreshToken);
    const ended = await pair();
    await revoke(ended.accessToken);
    const standing = await pair();
    const over = await pair();
    const session = expectSignedIn(await identity.signIn(ADMIN.email, ADMIN.password));
    const { csrfToken } = expectAuthenticated(await identity.authenticate(session.sessionToken));
    const asked = [
      introspect('one_rt_x'),
      introspect('a.b.c'),
      introspect(csrfToken),
      introspect(session.sessionToken),
      introspect(spent.refreshToken),
      introspect(ended.refreshToken),
      introspect(ended.accessToken),
      introspect(standing.accessToken, 'org_other'),
      introspect(standing.refreshToken, 'org_other'),
    ];
    for (const answer of await Promise.all(asked)) expect(answer).toEqual(INACTIVE);
    expect(await introspect(standing.accessToken)).toMatchObject({ kind: 'active' });
    identity.clock.advanceSeconds(3_600);
    expect(await introspect(over.accessToken)).toEqual(INACTIVE);
    expect(await introspect(over.refreshToken)).toMatchObject({ kind: 'active' });
    await identity.owner.query('DELETE FROM memberships');
    expect(await introspect(over.refreshToken)).toEqual(INACTIVE);
  });
});
