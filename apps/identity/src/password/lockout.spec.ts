import * as accounts from '@gatehouse/contracts/accounts';
import { describe, expect, it } from '@jest/globals';
import { accountsForEach, type People } from '../accounts/accounts-under-test.conformance.js';
import { PASSWORD, tokenIn } from '../accounts/person-under-test.conformance.js';
import { type IdentityUnderTest } from '../start.conformance.js';

const EMAIL = 'grace@example.test';
const ANOTHER = 'four slow boats up the river';
const WRONG = 'not the right password';

describe('guesses at a password', () => {
  let identity: IdentityUnderTest;
  let people: People;

  accountsForEach({ emails: [EMAIL] }, (world) => {
    ({ identity, people } = world);
  });

  const lockOut = async () => {
    for (let attempt = 0; attempt < 10; attempt += 1) await people.login(EMAIL, WRONG);
    expect((await people.login(EMAIL)).kind).toBe('too_many_attempts');
  };
  const knownDevice = async () => {
    const { sessionToken } = await people.enter(EMAIL);
    const { deviceToken } = await people.remember(sessionToken);
    if (deviceToken === null) throw new Error('no device token');
    return deviceToken;
  };
  /** As if so many wrong guesses had been made over the days. */
  const failed = (failures: number) => identity.owner.query('UPDATE passwords SET failures = $1', [failures]);

  it('from elsewhere keep nobody out on a device on which the owner has signed in [P-10, H-042]', async () => {
    const device = await knownDevice();
    await lockOut();
    expect((await people.login(EMAIL, PASSWORD, device)).kind).toBe('signed_in');
    expect((await people.login(EMAIL, PASSWORD, `${device}x`)).kind).toBe('too_many_attempts');
    expect((await people.login(EMAIL)).kind).toBe('too_many_attempts');
  });

  it('on a known device have a budget of their own, which is no larger', async () => {
    const device = await knownDevice();
    const before = identity.hashing.compared;
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => people.login(EMAIL, WRONG, device)));
    expect(outcomes.filter(({ kind }) => kind === 'credentials_invalid').length).toBeLessThanOrEqual(10);
    expect(identity.hashing.compared - before).toBeLessThanOrEqual(10);
    expect((await people.login(EMAIL, PASSWORD, device)).kind).toBe('too_many_attempts');
    expect((await people.login(EMAIL)).kind).toBe('signed_in');
  });

  it('on a known device make a stranger of it after a hundred in a row [P-09]', async () => {
    const device = await knownDevice();
    await identity.owner.query('UPDATE known_devices SET failures = 98');
    expect((await people.login(EMAIL, WRONG, device)).kind).toBe('credentials_invalid');
    await lockOut();
    expect((await people.login(EMAIL, PASSWORD, device)).kind).toBe('signed_in');
    await identity.owner.query('UPDATE known_devices SET failures = 99');
    expect((await people.login(EMAIL, WRONG, device)).kind).toBe('credentials_invalid');
    expect((await people.login(EMAIL, PASSWORD, device)).kind).toBe('too_many_attempts');
  });

  it('know a device for one account only, and for half a year after its last use', async () => {
    const device = await knownDevice();
    await people.join('eve@example.test');
    for (let attempt = 0; attempt < 10; attempt += 1) await people.login('eve@example.test', WRONG);
    expect((await people.login('eve@example.test', PASSWORD, device)).kind).toBe('too_many_attempts');
    identity.clock.advanceSeconds(180 * 86_400);
    await lockOut();
    expect((await people.login(EMAIL, PASSWORD, device)).kind).toBe('too_many_attempts');
  });

  it('share one budget, whatever door they try [H-041]', async () => {
    const { person } = await people.enter(EMAIL);
    identity.clock.advanceSeconds(1);
    const change = (currentPassword: string) =>
      identity.ask(accounts.changePassword, { person, currentPassword, newPassword: ANOTHER });
    const doors = [() => people.login(EMAIL, WRONG), () => change(WRONG)];
    const kinds: string[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1) kinds.push((await doors[attempt % 2]?.())?.kind ?? '');
    expect(kinds.slice(0, 10)).toEqual(
      Array.from({ length: 5 }, () => ['credentials_invalid', 'password_wrong']).flat(),
    );
    expect(kinds.slice(10)).toEqual(['too_many_attempts', 'too_many_attempts']);
    expect((await change(PASSWORD)).kind).toBe('too_many_attempts');
  });

  it('close the password to strangers after a hundred in a row, until it is reset; its owner is told once [P-09]', async () => {
    const device = await knownDevice();
    await failed(99);
    expect((await people.login(EMAIL, WRONG)).kind).toBe('credentials_invalid');
    expect((await identity.nextMail(EMAIL)).subject).toBe('Your password is locked');
    const compared = identity.hashing.compared;
    expect((await people.login(EMAIL)).kind).toBe('credentials_invalid');
    expect(identity.hashing.compared - compared).toBe(1);
    expect((await people.login(EMAIL, PASSWORD, device)).kind).toBe('signed_in');
    expect((await people.login(EMAIL)).kind).toBe('credentials_invalid');
    expect(identity.mails.filter(({ subject }) => subject === 'Your password is locked')).toHaveLength(1);
    await people.forgot(EMAIL);
    expect(await people.reset(tokenIn(await identity.nextMail(EMAIL)), ANOTHER)).toEqual({ kind: 'password_reset' });
    expect((await people.login(EMAIL, ANOTHER)).kind).toBe('signed_in');
  });

  it('at once are never compared beyond the hundredth, the right one among them [P-09, H-044]', async () => {
    await identity.start();
    await identity.start();
    await failed(96);
    const kinds = (
      await Promise.all(Array.from({ length: 40 }, (_, at) => people.login(EMAIL, at === 20 ? PASSWORD : WRONG)))
    ).map(({ kind }) => kind);
    const [row] = await identity.owner.query('SELECT failures, disabled_at FROM passwords');
    if (!kinds.includes('signed_in')) {
      expect(row.disabled_at).not.toBeNull();
      expect((await people.login(EMAIL)).kind).not.toBe('signed_in');
    }
    expect(row.failures).toBeLessThanOrEqual(106);
  });

  it('in a row are forgotten when the owner comes', async () => {
    await failed(99);
    expect((await people.login(EMAIL)).kind).toBe('signed_in');
    const [row] = await identity.owner.query('SELECT failures, disabled_at FROM passwords');
    expect(row).toEqual({ failures: 0, disabled_at: null });
  });

  it('of one client at many accounts come to an end, and its right passwords cost nothing [R-05]', async () => {
    for (let time = 0; time < 5; time += 1) expect((await people.login(EMAIL)).kind).toBe('signed_in');
    const taken = async () =>
      (await identity.owner.query(`SELECT taken FROM allowances WHERE kind = 'client:wrong_passwords'`))[0].taken;
    expect(await taken()).toBe(0);
    await people.login('nobody@example.test', WRONG);
    expect(await taken()).toBe(1);
    const device = await knownDevice();
    await identity.owner.query(`UPDATE allowances SET taken = 300 WHERE kind = 'client:wrong_passwords'`);
    expect(await people.login(EMAIL)).toEqual({ kind: 'too_many_attempts', retryAfterSeconds: 3_600 });
    expect(await people.login('another@example.test')).toMatchObject({ kind: 'too_many_attempts' });
    expect((await people.login(EMAIL, PASSWORD, device)).kind).toBe('signed_in');
    expect((await people.login(EMAIL, PASSWORD, undefined, '192.0.2.99')).kind).toBe('signed_in');
    identity.clock.advanceSeconds(3_600);
    expect((await people.login(EMAIL)).kind).toBe('signed_in');
  });

  it('tell a new device from one that is known: its owner gets a notice for each, but for the first [P-14]', async () => {
    const notices = async () =>
      (await identity.owner.query(`SELECT count(*)::int AS n FROM mails WHERE template = 'new-session'`))[0].n;
    const device = await knownDevice();
    expect(await notices()).toBe(0);
    const { sessionToken } = await people.enter(EMAIL);
    expect(await people.remember(sessionToken, device)).toMatchObject({ deviceToken: null });
    expect(await notices()).toBe(0);
    const other = await people.remember(sessionToken, 'a token that somebody planted');
    expect(other.deviceToken).not.toBe('a token that somebody planted');
    expect(await notices()).toBe(1);
    for (let time = 0; time < 10; time += 1) await people.remember(sessionToken);
    expect(await notices()).toBe(5);
    const [row] = await identity.owner.query('SELECT * FROM known_devices');
    expect(JSON.stringify(row)).not.toContain(device);
  });
});
