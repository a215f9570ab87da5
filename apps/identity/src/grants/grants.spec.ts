import { judgeAccessToken, refreshTokens, signInForTokens } from '@gatehouse/contracts/access-tokens';
import { endOwnSessions } from '@gatehouse/contracts/own-sessions';
import { describe, expect, it } from '@jest/globals';
import { identityForEach } from '../identity-for-each.conformance.js';
import {
  answer,
  codeOf,
  enrol,
  passwordStep,
  signedInPerson,
  wrongCode,
} from '../second-factor/authenticator.conformance.js';
import {
  ADMIN,
  ADMIN_ENVIRONMENT,
  expectAuthenticated,
  expectSignedIn,
  type IdentityUnderTest,
} from '../start.conformance.js';

const DAY_SECONDS = 86_400;
const ORIGIN = { address: '192.0.2.9', userAgent: 'a program', requestId: 'req-9' };
const CLIENT = { clientId: 'one', refreshPrefix: 'one_rt_', origin: ORIGIN };
const REFUSED = { kind: 'refused' };

describe('a grant', () => {
  let identity: IdentityUnderTest;

  identityForEach(ADMIN_ENVIRONMENT, async (opened) => {
    identity = opened;
  });

  const signIn = (more: { password?: string; secondFactor?: string } = {}) =>
    identity.ask(signInForTokens, { email: ADMIN.email, password: ADMIN.password, api: 'one', ...CLIENT, ...more });
  const refresh = (refreshToken: string, client = CLIENT) => identity.ask(refreshTokens, { refreshToken, ...client });
  const judge = async (accessToken: string) => {
    const judged = await identity.ask(judgeAccessToken, { accessToken, api: 'one', accepts: ['own'] });
    return judged.kind === 'refused' ? judged.code : judged.kind;
  };
  const opened = async () => expectIssued(await signIn());
  const refreshed = async (refreshToken: string) => expectIssued(await refresh(refreshToken));
  const audited = async (action: string) =>
    (await identity.owner.query('SELECT * FROM audit_events WHERE action = $1', [action])).length;

  it('gives a pair: a token for its API that lives for an hour, and one to refresh with [A5, A6]', async () => {
    const pair = await opened();
    expect(pair).toEqual({
      kind: 'issued',
      accessToken: expect.stringMatching(/^eyJ/),
      accessTokenTtlSeconds: 3_600,
      refreshToken: expect.stringMatching(/^one_rt_[\w-]{43}$/),
      newBackupCodes: null,
    });
    const claims = JSON.parse(Buffer.from(pair.accessToken.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({
      aud: expect.stringMatching(/\/apis\/one$/),
      client_id: 'one',
      org: expect.stringMatching(/^org_/),
      sid: expect.stringMatching(/^ses_/),
    });
    expect(await judge(pair.accessToken)).toBe('valid');
    expect(await identity.authenticateToken(pair.accessToken)).toEqual({ kind: 'refused', code: 'token_invalid' });
    identity.clock.advanceSeconds(3_599);
    expect(await judge(pair.accessToken)).toBe('valid');
    identity.clock.advanceSeconds(1);
    expect(await judge(pair.accessToken)).toBe('token_expired');
  });

  it('is kept without any of its tokens [E4, T-07]', async () => {
    const pair = await opened();
    const next = await refreshed(pair.refreshToken);
    const rows = JSON.stringify(await identity.owner.query('SELECT * FROM refresh_tokens, grants, audit_events'));
    for (const token of [pair.refreshToken, next.refreshToken, next.accessToken]) {
      expect(rows).not.toContain(token);
      expect(identity.logged()).not.toContain(token);
    }
  });

  it('gives a new pair for each refresh token, once [A7]', async () => {
    const first = await opened();
    const second = await refreshed(first.refreshToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await judge(second.accessToken)).toBe('valid');
    expect((await refreshed(second.refreshToken)).kind).toBe('issued');
    for (const wrong of ['', 'one_rt_', `${first.refreshToken}x`, first.accessToken.slice(0, 200), "' OR 1=1 --"]) {
      expect(await refresh(wrong)).toEqual(REFUSED);
    }
  });

  it('ends after 30 days in which it was not refreshed, and lives on where it was [A8]', async () => {
    const first = await opened();
    identity.clock.advanceSeconds(30 * DAY_SECONDS - 1);
    const second = await refreshed(first.refreshToken);
    identity.clock.advanceSeconds(30 * DAY_SECONDS);
    expect(await refresh(second.refreshToken)).toEqual(REFUSED);
  });

  it('ends after 90 days, however often it was refreshed [T-07]', async () => {
    let pair = await opened();
    for (let days = 0; days < 80; days += 20) {
      identity.clock.advanceSeconds(20 * DAY_SECONDS);
      pair = await refreshed(pair.refreshToken);
    }
    identity.clock.advanceSeconds(10 * DAY_SECONDS - 60);
    const last = await refreshed(pair.refreshToken);
    expect(last.accessTokenTtlSeconds).toBe(60);
    identity.clock.advanceSeconds(60);
    expect(await refresh(last.refreshToken)).toEqual(REFUSED);
  });

  it('ends, with all its tokens, when a spent one comes again, and its owner is told once [H-088]', async () => {
    const first = await opened();
    const other = await opened();
    const second = await refreshed(first.refreshToken);
    const third = await refreshed(second.refreshToken);
    expect(await refresh(first.refreshToken)).toEqual(REFUSED);
    expect(await refresh(third.refreshToken)).toEqual(REFUSED);
    expect(await refresh(first.refreshToken)).toEqual(REFUSED);
    for (const { accessToken } of [first, second, third]) expect(await judge(accessToken)).toBe('token_ended');
    expect(await audited('refresh_token.reused')).toBe(1);
    expect((await identity.nextMail(ADMIN.email)).text).toContain('192.0.2.9');
    const reuseMails = identity.mails.filter(({ text }) => text.includes('refresh token'));
    expect(reuseMails).toHaveLength(1);
    expect(await judge(other.accessToken)).toBe('valid');
    expect((await refresh(other.refreshToken)).kind).toBe('issued');
  });

  it('lets one of 50 exchanges at once through, on three replicas, and ends: the others are a theft [H-089]', async () => {
    await identity.start();
    await identity.start();
    for (let round = 0; round < 5; round += 1) {
      const { refreshToken } = await opened();
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => refresh(refreshToken)));
      const winners = outcomes.filter((outcome) => outcome.kind === 'issued');
      expect(winners).toHaveLength(1);
      for (const winner of winners) {
        const { accessToken, refreshToken: child } = expectIssued(winner);
        expect(await judge(accessToken)).toBe('token_ended');
        expect(await refresh(child)).toEqual(REFUSED);
      }
    }
    const children = await identity.owner.query(
      'SELECT parent_hash FROM refresh_tokens WHERE parent_hash IS NOT NULL GROUP BY parent_hash HAVING count(*) > 1',
    );
    expect(children).toEqual([]);
  });

  it('stays spent after everything was started anew [H-091]', async () => {
    const first = await opened();
    const second = await refreshed(first.refreshToken);
    const again = await identity.start();
    await again.stop();
    await identity.start();
    expect(await refresh(first.refreshToken)).toEqual(REFUSED);
    expect(await refresh(second.refreshToken)).toEqual(REFUSED);
  });

  it('is refused to another client, and goes on for its own [H-093, T-08]', async () => {
    const { refreshToken } = await opened();
    expect(await refresh(refreshToken, { ...CLIENT, clientId: 'two' })).toEqual(REFUSED);
    const next = await refreshed(refreshToken);
    expect(await refresh(refreshToken, { ...CLIENT, clientId: 'two' })).toEqual(REFUSED);
    expect(await judge(next.accessToken)).toBe('valid');
    expect((await refresh(next.refreshToken)).kind).toBe('issued');
  });

  it('ends with all access of its account, and a refresh at that moment leaves nothing behind [H-014, H-090]', async () => {
    await identity.start();
    await identity.start();
    const { sessionToken } = expectSignedIn(await identity.signIn(ADMIN.email, ADMIN.password));
    const { sessionId, account } = expectAuthenticated(await identity.authenticate(sessionToken));
    const person = { accountId: account.id, sessionId, origin: ORIGIN };
    for (let round = 0; round < 10; round += 1) {
      const { refreshToken } = await opened();
      const end = identity.ask(endOwnSessions, { person, sessions: 'others' });
      const [, raced] = await Promise.all([end, refresh(refreshToken)]);
      if (raced.kind === 'issued') {
        expect(await judge(raced.accessToken)).toBe('token_ended');
        expect(await refresh(raced.refreshToken)).toEqual(REFUSED);
      }
      expect(await refresh(refreshToken)).toEqual(REFUSED);
    }
  });

  it('is not opened, nor refreshed, for a disabled account [H-014]', async () => {
    const { refreshToken } = await opened();
    await identity.owner.query('UPDATE accounts SET disabled_at = now()');
    expect(await signIn()).toEqual({ kind: 'account_disabled' });
    expect(await refresh(refreshToken)).toEqual(REFUSED);
  });

  it('shares the attempts of the platform’s own sign-in, also of many at once [H-041, H-044]', async () => {
    const guesses = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? signIn({ password: `wrong ${index}` }) : identity.signIn(ADMIN.email, `wrong ${index}`),
    );
    const outcomes = await Promise.all(guesses);
    const compared = outcomes.filter(({ kind }) => kind === 'credentials_invalid');
    expect(compared.length).toBeLessThanOrEqual(10);
    expect(await signIn()).toMatchObject({ kind: 'too_many_attempts' });
    expect(await identity.signIn(ADMIN.email, ADMIN.password)).toMatchObject({ kind: 'too_many_attempts' });
  });

  it('is opened with the second factor in the same request, where one is set up [H-051]', async () => {
    const { person } = await signedInPerson(identity);
    const { secret } = await enrol(identity, person);
    const challenged = await signIn();
    expect(challenged).toMatchObject({ kind: 'second_factor_required', methods: ['totp', 'backup_code'] });
    const challenge = challenged.kind === 'second_factor_required' ? challenged.challenge : '';
    expect(await refresh(challenge)).toEqual(REFUSED);
    expect(await judge(challenge)).toBe('token_invalid');
    expect(await signIn({ secondFactor: wrongCode(secret, identity) })).toEqual({ kind: 'second_factor_invalid' });
    expect(await identity.owner.query('SELECT * FROM grants')).toEqual([]);
    const pair = expectIssued(await signIn({ secondFactor: codeOf(secret, identity) }));
    expect(await judge(pair.accessToken)).toBe('valid');
    expect(await signIn({ secondFactor: codeOf(secret, identity) })).toEqual({ kind: 'second_factor_invalid' });
  });

  it('tells new backup codes to whoever used the last one [M-07]', async () => {
    const { person } = await signedInPerson(identity);
    const { backupCodes } = await enrol(identity, person);
    await identity.owner.query(
      'UPDATE backup_codes SET used_at = now() WHERE code_hash NOT IN (SELECT max(code_hash) FROM backup_codes)',
    );
    const outcomes = [];
    for (const code of backupCodes) {
      identity.clock.advanceSeconds(16 * 60);
      outcomes.push(await signIn({ secondFactor: code }));
    }
    const told = outcomes.flatMap((outcome) => (outcome.kind === 'issued' ? [outcome.newBackupCodes?.length] : []));
    expect(told).toEqual([10]);
  });

  it('takes a code once, of 20 at once at both doors and on three replicas [H-048]', async () => {
    await identity.start();
    await identity.start();
    const { person } = await signedInPerson(identity);
    const { secret } = await enrol(identity, person);
    const steps = [];
    for (let index = 0; index < 4; index += 1) steps.push(await passwordStep(identity));
    const code = codeOf(secret, identity);
    const outcomes = await Promise.all([
      ...steps.map((challenge) => answer(identity, challenge, code)),
      ...Array.from({ length: 16 }, () => signIn({ secondFactor: code })),
    ]);
    const opened = outcomes.filter(({ kind }) => kind === 'issued' || kind === 'signed_in');
    expect(opened).toHaveLength(1);
  });
});

function expectIssued<Outcome extends { readonly kind: string }>(outcome: Outcome) {
  if (outcome.kind !== 'issued') throw new Error(`no tokens: ${outcome.kind}`);
  return outcome as Extract<Outcome, { kind: 'issued' }>;
}
