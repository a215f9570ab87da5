import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ADMIN,
  ADMIN_ENVIRONMENT,
  expectAuthenticated,
  expectSignedIn,
  type IdentityUnderTest,
  identityTests,
} from '../start.conformance.js';

describe('the first administrator', () => {
  let tests: Awaited<ReturnType<typeof identityTests>>;
  let identity: IdentityUnderTest;

  beforeAll(async () => {
    tests = await identityTests();
  });
  afterAll(() => tests.stop());
  beforeEach(async () => {
    identity = await tests.openFresh();
  });
  afterEach(() => identity.stop());

  const count = async (table: string): Promise<number> =>
    (await identity.owner.query(`SELECT count(*)::int AS n FROM ${table}`))[0].n;

  it('is nobody on a fresh installation [P-15]', async () => {
    const { claimToken } = await identity.start();
    expect(Buffer.from(claimToken ?? '', 'base64url')).toHaveLength(32);
    expect(await count('accounts')).toBe(0);
  });

  it('comes from the environment, with an organization and a project, and needs no claim', async () => {
    const { claimToken } = await identity.start(ADMIN_ENVIRONMENT);
    expect(claimToken).toBeNull();
    expect((await identity.signIn(ADMIN.email, ADMIN.password)).kind).toBe('signed_in');
    expect(await identity.owner.query('SELECT name, plan FROM organizations')).toEqual([
      { name: 'example.test', plan: 'free' },
    ]);
    expect(await identity.owner.query('SELECT slug, name FROM projects')).toEqual([
      { slug: 'default', name: 'Default' },
    ]);
    expect(await identity.owner.query('SELECT role FROM memberships')).toEqual([{ role: 'owner' }]);
    const [account] = await identity.owner.query('SELECT email_verified_at FROM accounts');
    expect(account.email_verified_at).not.toBeNull();
  });

  it('is created once by several replicas that start at once, which share one signing key', async () => {
    const running = await Promise.all(Array.from({ length: 4 }, () => identity.start(ADMIN_ENVIRONMENT)));
    expect(running.map(({ claimToken }) => claimToken)).toEqual([null, null, null, null]);
    for (const table of ['accounts', 'organizations', 'projects', 'memberships', 'signing_keys']) {
      expect(await count(table)).toBe(1);
    }
    const { accessToken } = expectSignedIn(await identity.signIn(ADMIN.email, ADMIN.password));
    for (let attempt = 0; attempt < 12; attempt += 1) {
      expect((await identity.authenticateToken(accessToken)).kind).toBe('authenticated');
    }
  });

  it('is not changed by the environment later', async () => {
    await identity.start(ADMIN_ENVIRONMENT);
    await identity.start({
      GATEHOUSE_ADMIN_EMAIL: 'eve@example.test',
      GATEHOUSE_ADMIN_PASSWORD: 'another good password',
    });
    expect(await count('accounts')).toBe(1);
    expect((await identity.signIn('eve@example.test', 'another good password')).kind).toBe('credentials_invalid');
  });

  it.each([
    [{ GATEHOUSE_ADMIN_EMAIL: ADMIN.email, GATEHOUSE_ADMIN_PASSWORD: 'short' }, 'GATEHOUSE_ADMIN_PASSWORD'],
    [{ GATEHOUSE_ADMIN_EMAIL: ADMIN.email, GATEHOUSE_ADMIN_PASSWORD: 'gatehouse1234' }, 'GATEHOUSE_ADMIN_PASSWORD'],
    [{ GATEHOUSE_ADMIN_EMAIL: 'nobody', GATEHOUSE_ADMIN_PASSWORD: ADMIN.password }, 'GATEHOUSE_ADMIN_EMAIL'],
    [{ GATEHOUSE_ADMIN_EMAIL: ADMIN.email }, 'GATEHOUSE_ADMIN_PASSWORD'],
    [{ GATEHOUSE_ADMIN_PASSWORD: ADMIN.password }, 'GATEHOUSE_ADMIN_EMAIL'],
  ])('stops the start with the name of the variable when it cannot be created (%#)', async (environment, variable) => {
    const start = identity.start(environment);
    await expect(start).rejects.toThrow(new RegExp(`^${variable}: `));
    await expect(start).rejects.not.toThrow(/seven purple|short/);
    expect(await count('accounts')).toBe(0);
  });

  it('is whoever brings the claim token, once', async () => {
    const { claimToken } = await identity.start();
    const claimed = expectSignedIn(await identity.claim(claimToken ?? ''));
    const found = expectAuthenticated(await identity.authenticate(claimed.sessionToken));
    expect(found.memberships).toMatchObject([{ organizationName: 'example.test', plan: 'free', role: 'owner' }]);
    expect((await identity.signIn(ADMIN.email, ADMIN.password)).kind).toBe('signed_in');
    expect(await identity.claim(claimToken ?? '', 'eve@example.test')).toEqual({ kind: 'token_invalid' });
    expect((await identity.start()).claimToken).toBeNull();
    expect(await count('accounts')).toBe(1);
  });

  it('is one of twenty who claim at once on two replicas', async () => {
    await identity.start();
    const { claimToken } = await identity.start();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, at) => identity.claim(claimToken ?? '', `person-${at}@example.test`)),
    );
    const kinds = outcomes.map(({ kind }) => kind).sort();
    expect(kinds).toEqual(['signed_in', ...Array.from({ length: 19 }, () => 'token_invalid')]);
    for (const table of ['accounts', 'organizations', 'projects', 'memberships', 'sessions']) {
      expect(await count(table)).toBe(1);
    }
  });

  it('is one, where a claim races with a start whose environment names another', async () => {
    const { claimToken } = await identity.start();
    await Promise.all([identity.claim(claimToken ?? '', 'eve@example.test'), identity.start(ADMIN_ENVIRONMENT)]);
    expect(await count('accounts')).toBe(1);
    expect(await identity.claim(claimToken ?? '', 'mallory@example.test')).toEqual({ kind: 'token_invalid' });
  });

  it('is one, where a claim waits for a start and the start for the claim', async () => {
    const { claimToken } = await identity.start();
    const waiting = async (count: number) => {
      const [row] = await identity.owner.query(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return row.n === count;
    };
    // Both are begun while the token's row is held: the claim is first in line for it, the start behind it.
    const holder = identity.owner.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT 1 FROM claim_tokens FOR UPDATE');
    const claim = identity.claim(claimToken ?? '', 'eve@example.test');
    await waitUntil('the claim to wait', () => waiting(1), 10_000);
    const start = identity.start(ADMIN_ENVIRONMENT);
    await waitUntil('the start to wait', () => waiting(2), 10_000);
    await holder.commitTransaction();
    await holder.release();
    const [claimed, started] = await Promise.allSettled([claim, start]);
    expect(claimed).toMatchObject({ status: 'fulfilled', value: { kind: 'signed_in' } });
    expect(started).toMatchObject({ status: 'fulfilled', value: { claimToken: null } });
    expect(await count('accounts')).toBe(1);
  });

  it('is claimed with the newest token only: a later start replaces it', async () => {
    const tokens = [];
    for (let start = 0; start < 3; start += 1) tokens.push((await identity.start()).claimToken ?? '');
    expect(new Set(tokens).size).toBe(3);
    expect(await count('claim_tokens')).toBe(1);
    expect(await identity.claim(tokens[0] ?? '')).toEqual({ kind: 'token_invalid' });
    expect(await identity.claim(tokens[1] ?? '')).toEqual({ kind: 'token_invalid' });
    expect((await identity.claim(tokens[2] ?? '')).kind).toBe('signed_in');
  });

  it('keeps the token when the address or the password is refused, and hashes nothing for a wrong token', async () => {
    const { claimToken } = await identity.start();
    const token = claimToken ?? '';
    const refused = [
      await identity.claim(token, 'no address'),
      await identity.claim(token, ADMIN.email, 'elevenchars'),
      await identity.claim(token, ADMIN.email, '€'.repeat(2_000)),
      await identity.claim(token, 'persephone@example.test', 'Persephone2026'),
    ];
    expect(refused.map((outcome) => outcome.kind === 'refused' && outcome.code)).toEqual([
      'email_invalid',
      'password_too_short',
      'password_too_long',
      'password_too_common',
    ]);
    const before = identity.hashing.hashed;
    for (const wrong of ['', 'x', token.slice(1), '\u0000']) {
      expect(await identity.claim(wrong)).toEqual({ kind: 'token_invalid' });
    }
    expect(identity.hashing.hashed).toBe(before);
    expect((await identity.claim(token)).kind).toBe('signed_in');
  });

  it('obeys a raised minimum length [P-01]', async () => {
    const { claimToken } = await identity.start({ PASSWORD_MIN_LENGTH: '20' });
    const outcome = await identity.claim(claimToken ?? '', ADMIN.email, 'nineteen characters');
    expect(outcome).toMatchObject({
      kind: 'refused',
      code: 'password_too_short',
      message: expect.stringContaining('20'),
    });
  });

  it('leaves its traces in the audit log, with the change', async () => {
    const { claimToken } = await identity.start();
    await identity.claim(claimToken ?? '');
    const rows = await identity.owner.query('SELECT action, request_id FROM audit_events ORDER BY action');
    expect(rows).toEqual(
      ['installation.claimed', 'organization.created', 'project.created', 'session.started'].map((action) => ({
        action,
        request_id: 'req-1',
      })),
    );
  });
});
