import { deriveSecret } from '@gatehouse/config/derive-secret';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from 'otpauth';
import { ADMIN, ADMIN_ENVIRONMENT, type IdentityUnderTest, identityTests, ROOT_SECRET } from '../start.conformance.js';
import { seal } from '../tokens/seal.js';
import {
  answer,
  codeOf,
  enrol,
  kindsOf,
  passwordStep,
  passwordSteps,
  refusedCodes,
  signedInPerson,
  wrongCode,
} from './authenticator.conformance.js';

const MINUTE = 60;

describe('a sign-in with a second factor', () => {
  let tests: Awaited<ReturnType<typeof identityTests>>;
  let identity: IdentityUnderTest;
  let secret: string;
  let backupCodes: readonly string[];

  beforeAll(async () => {
    tests = await identityTests();
  });
  afterAll(() => tests.stop());
  beforeEach(async () => {
    identity = await tests.open();
    // Three replicas on one database: what is asked goes to one of them.
    for (let replica = 0; replica < 3; replica += 1) await identity.start(ADMIN_ENVIRONMENT);
    const { person } = await signedInPerson(identity);
    ({ secret, backupCodes } = await enrol(identity, person));
    // A window later, in which nothing was tried yet.
    identity.clock.advanceSeconds(16 * MINUTE);
  });
  afterEach(() => identity.stop());

  const challenges = (count: number) => passwordSteps(identity, count);

  it('takes the password and then a code [T12]', async () => {
    const outcome = await identity.signIn(ADMIN.email, ADMIN.password);
    expect(outcome).toEqual({
      kind: 'second_factor_required',
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      methods: ['totp', 'backup_code'],
      expiresInSeconds: 300,
    });
    if (outcome.kind !== 'second_factor_required') throw new Error('no challenge');
    const signedIn = await answer(identity, outcome.challenge, codeOf(secret, identity));
    if (signedIn.kind !== 'signed_in') throw new Error(signedIn.kind);
    expect(signedIn.newBackupCodes).toBeNull();
    expect((await identity.authenticate(signedIn.sessionToken)).kind).toBe('authenticated');
    const [session] = await identity.owner.query('SELECT proofs FROM sessions ORDER BY created_at DESC LIMIT 1');
    expect(session.proofs).toEqual(['password', 'totp']);
  });

  it('opens no session without the code, and its challenge is good for nothing else [H-051, H-008]', async () => {
    const sessionsBefore = await identity.owner.query('SELECT id FROM sessions');
    const challenge = await passwordStep(identity);
    expect(await identity.owner.query('SELECT id FROM sessions')).toHaveLength(sessionsBefore.length);
    expect((await identity.authenticate(challenge)).kind).toBe('refused');
    expect((await identity.authenticateToken(challenge)).kind).toBe('refused');
    for (const none of ['', 'x', `${challenge}x`, challenge.slice(1)]) {
      expect(await answer(identity, none, codeOf(secret, identity))).toEqual({ kind: 'challenge_ended' });
    }
    // None of these used the code up.
    expect((await answer(identity, challenge, codeOf(secret, identity))).kind).toBe('signed_in');
  });

  it('begins anew when the code takes more than five minutes [T15, M-10]', async () => {
    const [late, inTime] = [await passwordStep(identity), await passwordStep(identity)];
    identity.clock.advanceSeconds(5 * MINUTE - 1);
    expect((await answer(identity, inTime, codeOf(secret, identity))).kind).toBe('signed_in');
    identity.clock.advanceSeconds(1);
    expect(await answer(identity, late, codeOf(secret, identity, 1))).toEqual({ kind: 'challenge_ended' });
  });

  it('takes a code of this step and of the one before, and no other one [M-02, H-050]', async () => {
    for (const steps of [-2, 1, 2]) {
      expect((await answer(identity, await passwordStep(identity), codeOf(secret, identity, steps))).kind).toBe(
        'code_wrong',
      );
    }
    expect((await answer(identity, await passwordStep(identity), codeOf(secret, identity, -1))).kind).toBe('signed_in');
    expect((await answer(identity, await passwordStep(identity), codeOf(secret, identity))).kind).toBe('signed_in');
  });

  it('takes a code once, in whatever spelling it comes again [M-01, H-047]', async () => {
    const code = codeOf(secret, identity);
    expect((await answer(identity, await passwordStep(identity), ` ${code} `)).kind).toBe('signed_in');
    const wide = code.replace(/\d/g, (digit) => String.fromCodePoint((digit.codePointAt(0) ?? 0) + 0xfee0));
    for (const spelling of [code, `${code.slice(0, 3)} ${code.slice(3)}`, wide, `+${code}`, `${code}0`, `0${code}`]) {
      expect((await answer(identity, await passwordStep(identity), spelling)).kind).toBe('code_wrong');
    }
    // Nor the one before it: accepted steps only grow.
    expect((await answer(identity, await passwordStep(identity), codeOf(secret, identity, -1))).kind).toBe(
      'code_wrong',
    );
  });

  it('lets one of twenty in who send the same code at once, each with a challenge of its own [H-048]', async () => {
    for (let round = 0; round < 3; round += 1) {
      const all = await challenges(20);
      const code = codeOf(secret, identity);
      const kinds = kindsOf(await Promise.all(all.map((challenge) => answer(identity, challenge, code))));
      expect(kinds['signed_in']).toBe(1);
      identity.clock.advanceSeconds(16 * MINUTE);
    }
  });

  it('opens one session for a challenge, however many right codes come for it at once [H-058]', async () => {
    const challenge = await passwordStep(identity);
    const right = [codeOf(secret, identity, -1), codeOf(secret, identity), ...backupCodes];
    const sent = Array.from({ length: 20 }, (_, at) => right[at % right.length] ?? '');
    const kinds = kindsOf(await Promise.all(sent.map((code) => answer(identity, challenge, code))));
    expect(kinds['signed_in']).toBe(1);
    expect((await answer(identity, challenge, codeOf(secret, identity, 1))).kind).toBe('challenge_ended');
    // What came for a challenge that was gone is not used up: one code is, at most two more were compared as wrong.
    const [{ used }] = await identity.owner.query(
      `SELECT (SELECT count(*)::int FROM backup_codes WHERE used_at IS NOT NULL)
         + (SELECT count(*)::int FROM totp_secrets WHERE last_step >= $1) AS used`,
      [Math.floor(identity.clock.nowMs() / 30_000) - 1],
    );
    expect(used).toBe(1);
  });

  it('compares five codes of a challenge, of five hundred at once, and then not even the right one [H-049, M-11]', async () => {
    const challenge = await passwordStep(identity);
    const wrong = wrongCode(secret, identity);
    const outcomes = await Promise.all(Array.from({ length: 500 }, () => answer(identity, challenge, wrong)));
    expect(kindsOf(outcomes)).toEqual({ code_wrong: 5, challenge_ended: 495 });
    expect(await refusedCodes(identity)).toBe(5);
    expect((await answer(identity, challenge, codeOf(secret, identity))).kind).toBe('challenge_ended');
  });

  it('compares ten codes of an account within a quarter of an hour, over any number of challenges at once [T18, H-049]', async () => {
    const all = await challenges(25);
    const wrong = [wrongCode(secret, identity), '0'.repeat(24)];
    const sent = Array.from({ length: 100 }, (_, at) => [all[at % 25] ?? '', wrong[at % 2] ?? ''] as const);
    const outcomes = await Promise.all(sent.map(([challenge, code]) => answer(identity, challenge, code)));
    expect(kindsOf(outcomes)).toEqual({ code_wrong: 10, too_many_attempts: 90 });
    expect(await refusedCodes(identity)).toBe(10);
    const refused = await answer(identity, await passwordStep(identity), codeOf(secret, identity));
    expect(refused).toEqual({ kind: 'too_many_attempts', retryAfterSeconds: 15 * MINUTE });
    identity.clock.advanceSeconds(15 * MINUTE - 1);
    const early = await answer(identity, await passwordStep(identity), codeOf(secret, identity));
    expect(early).toEqual({ kind: 'too_many_attempts', retryAfterSeconds: 1 });
    identity.clock.advanceSeconds(1);
    expect((await answer(identity, await passwordStep(identity), codeOf(secret, identity))).kind).toBe('signed_in');
    const log = await identity.owner.query(
      `SELECT 1 FROM audit_events WHERE action = 'second_factor.attempts_used_up'`,
    );
    expect(log).toHaveLength(1);
  });

  it('takes a backup code in place of the other one, once, also after a restart [T19, M-06]', async () => {
    const [code = ''] = backupCodes;
    const spelled = code.toLowerCase().replaceAll('-', ' ');
    expect((await answer(identity, await passwordStep(identity), spelled)).kind).toBe('signed_in');
    expect((await answer(identity, await passwordStep(identity), code)).kind).toBe('code_wrong');
    await identity.start();
    expect((await answer(identity, await passwordStep(identity), code)).kind).toBe('code_wrong');
    const mail = await identity.nextMail(ADMIN.email);
    expect(mail.subject).toBe('A second factor now protects your account');
    expect((await identity.nextMail(ADMIN.email)).text).toContain('Codes left: 9.');
  });

  it('lets one of twenty in who send the same backup code at once [H-052]', async () => {
    for (const code of backupCodes.slice(0, 5)) {
      const all = await challenges(20);
      const kinds = kindsOf(await Promise.all(all.map((challenge) => answer(identity, challenge, code))));
      expect(kinds['signed_in']).toBe(1);
      identity.clock.advanceSeconds(16 * MINUTE);
    }
    const [{ left }] = await identity.owner.query(
      'SELECT count(*)::int AS left FROM backup_codes WHERE used_at IS NULL',
    );
    expect(left).toBe(5);
  });

  it('hands out new backup codes when the last one is used [M-07]', async () => {
    let fresh: readonly string[] | null = null;
    for (const code of backupCodes) {
      expect(fresh).toBeNull();
      const signedIn = await answer(identity, await passwordStep(identity), code);
      if (signedIn.kind !== 'signed_in') throw new Error(signedIn.kind);
      fresh = signedIn.newBackupCodes;
      identity.clock.advanceSeconds(2 * MINUTE);
    }
    expect(fresh).toHaveLength(10);
    for (const [code, kind] of [
      [backupCodes[0], 'code_wrong'],
      [fresh?.[0], 'signed_in'],
    ] as const) {
      expect((await answer(identity, await passwordStep(identity), code ?? '')).kind).toBe(kind);
    }
  });

  it('keeps neither secret nor codes in clear anywhere [T17, T20, M-05]', async () => {
    const [code = ''] = backupCodes;
    await answer(identity, await passwordStep(identity), code);
    const raw = Buffer.from(secret).toString();
    const tables: { name: string }[] = await identity.owner.query(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'identity'`,
    );
    let dump = identity.logged();
    for (const { name } of tables) {
      const [{ rows }] = await identity.owner.query(
        `SELECT coalesce(json_agg(t), '[]')::text AS rows FROM "${name}" t`,
      );
      dump += rows;
    }
    expect(dump).toContain('second_factor.enabled');
    for (const value of [raw, code, code.replaceAll('-', '')]) {
      expect(dump).not.toContain(value);
      expect(dump).not.toContain(Buffer.from(value).toString('hex'));
    }
  });

  it('fails where a TOTP secret was changed, or put into the place of another one, and lets nobody in [M-04]', async () => {
    const [{ secret_sealed: sealed }] = await identity.owner.query('SELECT secret_sealed FROM totp_secrets');
    const key = deriveSecret(ROOT_SECRET, 'totp-encryption');
    const others = [
      Buffer.concat([sealed.subarray(0, -1), Buffer.from([sealed.at(-1) ^ 1])]),
      seal(key, 'totp acc_somebody_else', Buffer.from(Secret.fromBase32(secret).bytes)),
      Buffer.alloc(0),
    ];
    for (const other of others) {
      await identity.owner.query('UPDATE totp_secrets SET secret_sealed = $1', [other]);
      await expect(answer(identity, await passwordStep(identity), codeOf(secret, identity))).rejects.toThrow();
    }
    await identity.owner.query('UPDATE totp_secrets SET secret_sealed = $1', [sealed]);
    expect((await answer(identity, await passwordStep(identity), codeOf(secret, identity))).kind).toBe('signed_in');
  });
});
