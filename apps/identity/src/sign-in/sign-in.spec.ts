import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ADMIN,
  ADMIN_ENVIRONMENT,
  expectSignedIn,
  type IdentityUnderTest,
  identityTests,
} from '../start.conformance.js';

describe('password sign-in', () => {
  let tests: Awaited<ReturnType<typeof identityTests>>;
  let identity: IdentityUnderTest;

  beforeAll(async () => {
    tests = await identityTests();
  });
  afterAll(() => tests.stop());
  beforeEach(async () => {
    identity = await tests.open();
    await identity.start(ADMIN_ENVIRONMENT);
  });
  afterEach(() => identity.stop());

  const wrong = (email = ADMIN.email) => identity.signIn(email, 'not the right password');
  const right = () => identity.signIn(ADMIN.email, ADMIN.password);

  it('gives the right password a session and an access token for an hour', async () => {
    const outcome = expectSignedIn(await right());
    expect(outcome.account).toMatchObject({ email: ADMIN.email });
    expect(outcome.accessTokenTtlSeconds).toBe(3600);
    expect(Buffer.from(outcome.sessionToken, 'base64url')).toHaveLength(32);
    expect(outcome.absoluteExpiresAt).toBe(new Date(identity.clock.nowMs() + 8 * 3_600_000).toISOString());
  });

  it('knows an address in every spelling of its letters', async () => {
    for (const email of ['ada@example.test', ' ADA@EXAMPLE.TEST ', 'aDa@exAmple.tEst']) {
      expect((await identity.signIn(email, ADMIN.password)).kind).toBe('signed_in');
      identity.clock.advanceSeconds(1);
    }
  });

  it('knows a password however its accents were typed [P-01]', async () => {
    const other = await tests.open();
    await other.start({
      ...ADMIN_ENVIRONMENT,
      GATEHOUSE_ADMIN_PASSWORD: 'é'.normalize('NFC').concat('clair sur la mer'),
    });
    expect((await other.signIn(ADMIN.email, 'é'.normalize('NFD').concat('clair sur la mer'))).kind).toBe('signed_in');
    await other.stop();
  });

  it('answers an unknown address like a wrong password, after the same hash work [H-035, H-036]', async () => {
    const before = { ...identity.hashing };
    const known = await wrong();
    const afterKnown = { ...identity.hashing };
    const unknown = await wrong('nobody@example.test');
    const afterUnknown = { ...identity.hashing };
    const noAddress = await wrong('not an address');
    expect(unknown).toEqual(known);
    expect(noAddress).toEqual(known);
    expect(known).toEqual({ kind: 'credentials_invalid' });
    expect(afterKnown.compared - before.compared).toBe(1);
    expect(afterUnknown.compared - afterKnown.compared).toBe(1);
    expect(afterUnknown.hashed).toBe(before.hashed);
  });

  it('refuses with growing delays after ten failures, known address or not [P-09]', async () => {
    for (const email of [ADMIN.email, 'nobody@example.test']) {
      for (let attempt = 0; attempt < 10; attempt += 1) expect((await wrong(email)).kind).toBe('credentials_invalid');
      expect(await wrong(email)).toEqual({ kind: 'too_many_attempts', retryAfterSeconds: 30 });
      for (const delay of [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]) {
        const refused = await wrong(email);
        if (refused.kind !== 'too_many_attempts') throw new Error('not refused');
        identity.clock.advanceSeconds(refused.retryAfterSeconds - 1);
        expect((await wrong(email)).kind).toBe('too_many_attempts');
        identity.clock.advanceSeconds(1);
        expect((await wrong(email)).kind).toBe('credentials_invalid');
        expect(await wrong(email)).toEqual({ kind: 'too_many_attempts', retryAfterSeconds: delay });
      }
    }
  });

  it('does not even compare the right password while an address is blocked', async () => {
    for (let attempt = 0; attempt < 10; attempt += 1) await wrong();
    const before = identity.hashing.compared;
    expect(await right()).toEqual({ kind: 'too_many_attempts', retryAfterSeconds: 30 });
    expect(identity.hashing.compared).toBe(before);
    identity.clock.advanceSeconds(30);
    expect((await right()).kind).toBe('signed_in');
  });

  it('counts all spellings of one address together [H-040]', async () => {
    const spellings = [
      'ada@example.test',
      'ADA@EXAMPLE.TEST',
      ' Ada@Example.test',
      'ada@EXAMPLE.test\t',
      'aDA@example.test',
    ];
    for (let attempt = 0; attempt < 10; attempt += 1) await wrong(spellings[attempt % 5]);
    for (const spelling of spellings) expect((await wrong(spelling)).kind).toBe('too_many_attempts');
  });

  it('starts counting anew after a success', async () => {
    for (let round = 0; round < 3; round += 1) {
      for (let attempt = 0; attempt < 9; attempt += 1) expect((await wrong()).kind).toBe('credentials_invalid');
      expect((await right()).kind).toBe('signed_in');
      identity.clock.advanceSeconds(1);
    }
  });

  it('lets one person sign in any number of times at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 40 }, right));
    expect(outcomes.filter(({ kind }) => kind === 'signed_in')).toHaveLength(40);
  });

  it.each([0, 5, 50])(
    'compares ten of a hundred guesses at once, the right one being number %i [H-044]',
    async (place) => {
      const replica = await identity.start();
      const before = identity.hashing.compared;
      const outcomes = await Promise.all(Array.from({ length: 101 }, (_, at) => (at === place ? right() : wrong())));
      expect(identity.hashing.compared - before).toBeLessThanOrEqual(10);
      expect(outcomes.filter(({ kind }) => kind === 'credentials_invalid').length).toBeLessThanOrEqual(10);
      expect(replica.name).toBe('identity');
    },
  );

  it('turns work away when too much waits, without counting it as an attempt [P-07]', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 120 }, (_, at) => identity.signIn(`person-${at}@example.test`, 'some password or other')),
    );
    const busy = outcomes.filter(({ kind }) => kind === 'busy');
    expect(busy.length).toBeGreaterThan(0);
    expect(busy[0]).toEqual({ kind: 'busy', retryAfterSeconds: 1 });
    const counted: { n: number }[] = await identity.owner.query('SELECT sum(attempts)::int AS n FROM sign_in_attempts');
    expect(counted[0]?.n).toBe(120 - busy.length);
  });

  it('replaces a hash of weaker parameters when the password comes [P-07]', async () => {
    const { hash } = await import('@node-rs/argon2');
    const { deriveSecret } = await import('@gatehouse/config/derive-secret');
    const { ROOT_SECRET } = await import('../start.conformance.js');
    const secret = deriveSecret(ROOT_SECRET, 'password-pepper');
    const weak = await hash(ADMIN.password, { memoryCost: 4096, timeCost: 1, parallelism: 1, secret });
    await identity.owner.query('UPDATE passwords SET hash = $1', [weak]);
    expect((await right()).kind).toBe('signed_in');
    const [row] = await identity.owner.query('SELECT hash FROM passwords');
    expect(row.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await right()).kind).toBe('signed_in');
  });

  it('writes each sign-in into the audit log, and counts outcomes', async () => {
    const running = await identity.start();
    await right();
    await wrong();
    const rows = await identity.owner.query(`SELECT * FROM audit_events WHERE action = 'session.started'`);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ address: '192.0.2.7', user_agent: 'a browser', request_id: 'req-1' });
    expect(await running.metrics.metrics()).toContain('sign_ins_total');
    expect(await running.metrics.metrics()).toContain('argon2_queue{state="waiting",service="identity"} 0');
  });
});
