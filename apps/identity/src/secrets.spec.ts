import { deriveSecret } from '@gatehouse/config/derive-secret';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { forgetOld } from './database/retention.store.js';
import {
  ADMIN,
  expectAuthenticated,
  expectSignedIn,
  type IdentityUnderTest,
  identityTests,
  ROOT_SECRET,
} from './start.conformance.js';
import { openSigningKey } from './tokens/signing-key.js';

describe('what is kept', () => {
  let tests: Awaited<ReturnType<typeof identityTests>>;
  let identity: IdentityUnderTest;
  let secrets: Buffer[];
  let sessionToken: string;

  beforeAll(async () => {
    tests = await identityTests();
  });
  afterAll(() => tests.stop());
  beforeEach(async () => {
    identity = await tests.open();
    const { claimToken } = await identity.start();
    ({ sessionToken } = expectSignedIn(await identity.claim(claimToken ?? '')));
    const second = expectSignedIn(await identity.signIn(ADMIN.email, ADMIN.password));
    await identity.signIn(ADMIN.email, 'a wrong password of mine');
    const found = expectAuthenticated(await identity.authenticate(second.sessionToken));
    await identity.signOut(found.sessionId);
    const texts = [
      ADMIN.password,
      'a wrong password of mine',
      ROOT_SECRET,
      claimToken,
      sessionToken,
      second.sessionToken,
    ];
    const tokens = [second.accessToken, found.accessToken, found.csrfToken];
    secrets = [...texts, ...tokens].map((text) => Buffer.from(text ?? ''));
  });
  afterEach(() => identity.stop());

  /** A secret as a text, in hexadecimal and in base64. */
  const shapesOf = (secret: Buffer) => [secret.toString('utf8'), secret.toString('hex'), secret.toString('base64')];

  it('has no password, token or private key in clear, in no table [S-01, L-01]', async () => {
    const tables = await identity.owner.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'identity'`);
    let dump = '';
    for (const { tablename } of tables) {
      const rows = await identity.owner.query(`SELECT t::text AS row FROM identity.${tablename} t`);
      dump += rows.map(({ row }: { row: string }) => row).join('\n');
    }
    const [row] = await identity.owner.query('SELECT kid, private_key_sealed FROM signing_keys');
    const { privateKey } = openSigningKey(
      row.kid,
      row.private_key_sealed,
      deriveSecret(ROOT_SECRET, 'signing-key-encryption'),
    );
    const { d, p } = privateKey.export({ format: 'jwk' });
    for (const secret of [...secrets, Buffer.from(d ?? '', 'base64url'), Buffer.from(p ?? '', 'base64url')]) {
      expect(secret.length).toBeGreaterThan(16);
      for (const shape of shapesOf(secret)) expect(dump.includes(shape)).toBe(false);
    }
    expect(dump).toContain(row.private_key_sealed.toString('hex'));
    expect(dump).toContain(ADMIN.email);
  });

  it('is not in the log either, nor when the database fails [L-01]', async () => {
    await identity.owner.query('ALTER TABLE sessions RENAME TO gone');
    await expect(identity.signIn(ADMIN.email, ADMIN.password)).rejects.toThrow();
    await identity.owner.query('ALTER TABLE gone RENAME TO sessions');
    const log = identity.logged();
    expect(log).toContain('sessions');
    for (const secret of secrets) {
      for (const shape of shapesOf(secret)) expect(log.includes(shape)).toBe(false);
    }
    expect(log).not.toContain('argon2id');
  });

  it('undoes nothing half: a sign-in whose session cannot be written leaves no trace but its attempt', async () => {
    const before = await identity.owner.query('SELECT count(*)::int AS n FROM audit_events');
    await identity.owner.query('ALTER TABLE sessions ADD CONSTRAINT broken CHECK (false) NOT VALID');
    await expect(identity.signIn(ADMIN.email, ADMIN.password)).rejects.toThrow();
    expect(await identity.owner.query('SELECT count(*)::int AS n FROM audit_events')).toEqual(before);
  });

  it('can be added to, not changed or taken away, in the audit log', async () => {
    const [{ may }] = await identity.owner.query(
      `SELECT has_table_privilege('gatehouse_identity', 'identity.audit_events', 'INSERT') AS may`,
    );
    expect(may).toBe(true);
    for (const verb of ['UPDATE', 'DELETE', 'TRUNCATE']) {
      const [right] = await identity.owner.query('SELECT has_table_privilege($1, $2, $3) AS may', [
        'gatehouse_identity',
        'identity.audit_events',
        verb,
      ]);
      expect(right.may).toBe(false);
    }
  });

  it('is forgotten when it is of no use: old attempts and sessions, and nothing that still counts', async () => {
    const left = async () => {
      await forgetOld(identity.owner.manager, identity.clock.nowMs());
      const [counts] = await identity.owner.query(
        'SELECT (SELECT count(*)::int FROM sign_in_attempts) AS attempts, (SELECT count(*)::int FROM sessions) AS sessions',
      );
      return counts;
    };
    expect(await left()).toEqual({ attempts: 1, sessions: 2 });
    identity.clock.advanceSeconds(86_401);
    expect(await left()).toEqual({ attempts: 0, sessions: 2 });
    identity.clock.advanceSeconds(30 * 86_400);
    expect(await left()).toEqual({ attempts: 0, sessions: 0 });
  });

  it('cannot be read while the database is down: a fault, neither a refusal nor an acceptance', async () => {
    const running = await identity.start();
    expect(await running.notReady()).toEqual([]);
    // The servers of tests write lazily: without this the crash would take the session with it.
    await identity.owner.query('CHECKPOINT');
    await tests.postgres.kill();
    await expect(identity.authenticate(sessionToken)).rejects.toThrow();
    await expect(identity.signIn(ADMIN.email, ADMIN.password)).rejects.toThrow();
    await expect(identity.signIn(ADMIN.email, 'wrong password again')).rejects.toThrow();
    expect(await running.notReady()).toEqual(['postgres']);
    await tests.postgres.restart();
    expect((await identity.authenticate(sessionToken)).kind).toBe('authenticated');
    expect(await running.notReady()).toEqual([]);
  });
});
