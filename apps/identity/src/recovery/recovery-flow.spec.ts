import {
  cancelRecovery,
  completeRecovery,
  confirmRecovery,
  decideRecovery,
  listRecoveries,
  startRecovery,
} from '@gatehouse/contracts/recovery';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  answer,
  codeOf,
  enrol,
  kindsOf,
  type PersonUnderTest,
  passwordStep,
  signedInPerson,
} from '../second-factor/authenticator.conformance.js';
import { ADMIN, ADMIN_ENVIRONMENT, type IdentityUnderTest, identityTests } from '../start.conformance.js';

const HOUR = 3_600;
const ORIGIN = { address: '192.0.2.66', userAgent: 'another browser', requestId: 'req-2' };
const BOB = 'bob@example.test';

describe('who has lost device and codes [T22]', () => {
  let tests: Awaited<ReturnType<typeof identityTests>>;
  let identity: IdentityUnderTest;
  let operator: PersonUnderTest;
  let bob: PersonUnderTest;
  let secret: string;

  beforeAll(async () => {
    tests = await identityTests();
  });
  afterAll(() => tests.stop());
  beforeEach(async () => {
    identity = await tests.open();
    for (let replica = 0; replica < 3; replica += 1) await identity.start(ADMIN_ENVIRONMENT);
    operator = await signedInPerson(identity);
    await identity.owner.query(
      `INSERT INTO accounts (id, email, email_lookup, name, email_verified_at, created_at)
       SELECT 'acc_bob', $1, $1, 'Bob', created_at, created_at FROM accounts`,
      [BOB],
    );
    await identity.owner.query(
      `INSERT INTO passwords (account_id, format, hash, set_at) SELECT 'acc_bob', format, hash, set_at FROM passwords`,
    );
    bob = await signedInPerson(identity, BOB);
    ({ secret } = await enrol(identity, bob.person));
    await identity.nextMail(BOB);
  });
  afterEach(() => identity.stop());

  const start = async () =>
    identity.ask(startRecovery, { challenge: await passwordStep(identity, BOB), origin: ORIGIN });
  const confirm = (token: string) => identity.ask(confirmRecovery, { token, origin: ORIGIN });
  const cancel = (token: string) => identity.ask(cancelRecovery, { token, origin: ORIGIN });
  const complete = (token: string) => identity.ask(completeRecovery, { token, origin: ORIGIN });
  const decide = (recoveryId: string, decision: 'approve' | 'refuse', by = operator) =>
    identity.ask(decideRecovery, { accountId: by.person.accountId, recoveryId, decision, origin: ORIGIN });
  const list = async () => {
    const listed = await identity.ask(listRecoveries, { accountId: operator.person.accountId });
    if (listed.kind !== 'listed') throw new Error(listed.kind);
    return listed.recoveries;
  };
  /** The token of the next message's link. */
  const nextLink = async (page: string) => {
    const { text } = await identity.nextMail(BOB);
    const [, found, token = ''] = /https:\/\/gatehouse\.example\.test\/(\S+)#token=([\w-]+)/.exec(text) ?? [];
    expect(found).toBe(page);
    return token;
  };
  const underReview = async () => {
    await start();
    await confirm(await nextLink('recovery/confirm'));
    const cancelToken = await nextLink('recovery/cancel');
    const [recovery] = await list();
    if (recovery === undefined) throw new Error('nothing to review');
    return { id: recovery.id, cancelToken };
  };
  const approved = async () => {
    const asked = await underReview();
    expect((await decide(asked.id, 'approve')).kind).toBe('decided');
    await identity.nextMail(BOB);
    return asked;
  };

  it('gets back by mail, review and a day of waiting, and then signs in with the password alone [M-13]', async () => {
    const { id } = await underReview();
    expect(await list()).toMatchObject([
      { id, email: BOB, state: 'pending', address: ORIGIN.address, decidedBy: null },
    ]);
    expect(await decide(id, 'approve')).toMatchObject({ kind: 'decided', recovery: { state: 'waiting' } });
    expect((await identity.nextMail(BOB)).subject).toBe('The recovery of your account was approved');
    identity.clock.advanceSeconds(24 * HOUR - 1);
    expect((await start()).kind).toBe('under_review');
    identity.clock.advanceSeconds(1);
    expect(await start()).toEqual({ kind: 'mail_sent' });
    const link = await nextLink('recovery/complete');
    expect(await complete(link)).toEqual({ kind: 'recovered' });
    expect((await identity.nextMail(BOB)).subject).toMatch(/removed by recovery/);
    const anew = await signedInPerson(identity, BOB);
    expect((await enrol(identity, anew.person)).backupCodes).toHaveLength(10);
    expect(await list()).toMatchObject([{ state: 'completed', decidedBy: operator.person.accountId }]);
  });

  it('loses every session, challenge, code and secret when it is completed [H-059, INV-09]', async () => {
    await approved();
    identity.clock.advanceSeconds(24 * HOUR);
    const waiting = await passwordStep(identity, BOB);
    const signedIn = await answer(identity, await passwordStep(identity, BOB), codeOf(secret, identity));
    if (signedIn.kind !== 'signed_in') throw new Error(signedIn.kind);
    await start();
    expect((await complete(await nextLink('recovery/complete'))).kind).toBe('recovered');
    expect(await identity.authenticate(signedIn.sessionToken)).toEqual({ kind: 'refused', code: 'session_ended' });
    expect(await answer(identity, waiting, codeOf(secret, identity, 1))).toEqual({ kind: 'challenge_ended' });
    for (const table of ['totp_secrets', 'backup_codes']) {
      expect(await identity.owner.query(`SELECT 1 FROM ${table} WHERE account_id = 'acc_bob'`)).toHaveLength(0);
    }
  });

  it('cannot skip the password, the mail, the review or the day [H-059]', async () => {
    for (const challenge of ['', 'x', BOB]) {
      expect(await identity.ask(startRecovery, { challenge, origin: ORIGIN })).toEqual({ kind: 'challenge_ended' });
    }
    await start();
    const link = await nextLink('recovery/confirm');
    for (const wrong of ['', 'x', `${link}x`]) expect(await confirm(wrong)).toEqual({ kind: 'link_invalid' });
    // A link of one purpose is none for another.
    expect(await complete(link)).toEqual({ kind: 'link_invalid' });
    expect(await cancel(link)).toEqual({ kind: 'link_invalid' });
    expect((await confirm(link)).kind).toBe('under_review');
    expect(await confirm(link)).toEqual({ kind: 'link_invalid' });
    const cancelLink = await nextLink('recovery/cancel');
    expect(await complete(cancelLink)).toEqual({ kind: 'link_invalid' });
    identity.clock.advanceSeconds(48 * HOUR);
    expect((await start()).kind).toBe('under_review');
    expect((await identity.signIn(BOB, ADMIN.password)).kind).toBe('second_factor_required');
  });

  it('has ten minutes for each link, and only the newest one counts [P-13]', async () => {
    await start();
    const first = await nextLink('recovery/confirm');
    await start();
    const second = await nextLink('recovery/confirm');
    expect(await confirm(first)).toEqual({ kind: 'link_invalid' });
    identity.clock.advanceSeconds(600);
    expect(await confirm(second)).toEqual({ kind: 'link_invalid' });
    expect(await list()).toEqual([]);
  });

  it('can stop it at any time before it is completed [H-059]', async () => {
    const { cancelToken } = await approved();
    identity.clock.advanceSeconds(24 * HOUR);
    await start();
    const link = await nextLink('recovery/complete');
    expect(await cancel(cancelToken)).toEqual({ kind: 'cancelled' });
    expect(await cancel(cancelToken)).toEqual({ kind: 'link_invalid' });
    expect(await complete(link)).toEqual({ kind: 'link_invalid' });
    expect((await identity.nextMail(BOB)).subject).toBe('The recovery of your account was stopped');
    expect(await list()).toMatchObject([{ state: 'cancelled' }]);
  });

  it('stops or completes it, never both, with twenty of each at once', async () => {
    const { cancelToken } = await approved();
    identity.clock.advanceSeconds(24 * HOUR);
    await start();
    const link = await nextLink('recovery/complete');
    const outcomes = await Promise.all(
      Array.from(
        { length: 40 },
        (_, at): Promise<{ readonly kind: string }> => (at % 2 === 0 ? complete(link) : cancel(cancelToken)),
      ),
    );
    const { recovered = 0, cancelled = 0, link_invalid: invalid } = kindsOf(outcomes);
    expect([recovered + cancelled, invalid]).toEqual([1, 39]);
    const [{ left }] = await identity.owner.query(
      `SELECT count(*)::int AS left FROM totp_secrets WHERE account_id = 'acc_bob'`,
    );
    expect(left).toBe(cancelled);
  });

  it('is let in by an operator only, and by nobody for the own account', async () => {
    const { id } = await underReview();
    expect(await decide(id, 'approve', bob)).toEqual({ kind: 'not_permitted' });
    expect(await identity.ask(listRecoveries, { accountId: 'acc_bob' })).toEqual({ kind: 'not_permitted' });
    expect(await decide('rec_another', 'approve')).toEqual({ kind: 'not_found' });
    await identity.owner.query(`UPDATE recoveries SET account_id = $1`, [operator.person.accountId]);
    expect(await decide(id, 'approve')).toEqual({ kind: 'not_permitted' });
  });

  it('is refused for good, also after an approval', async () => {
    const { id } = await approved();
    expect(await decide(id, 'approve')).toEqual({ kind: 'conflict', state: 'waiting' });
    expect(await decide(id, 'refuse')).toMatchObject({ kind: 'decided', recovery: { state: 'refused' } });
    expect(await decide(id, 'approve')).toEqual({ kind: 'conflict', state: 'refused' });
    identity.clock.advanceSeconds(24 * HOUR);
    // What is left is to ask anew, from the beginning.
    expect((await identity.nextMail(BOB)).subject).toBe('The recovery of your account was refused');
    await start();
    await nextLink('recovery/confirm');
  });

  it('that nobody looked at for two weeks lapses, and can be asked for anew', async () => {
    await underReview();
    identity.clock.advanceSeconds(14 * 24 * HOUR);
    await start();
    expect((await confirm(await nextLink('recovery/confirm'))).kind).toBe('under_review');
    expect((await list()).map(({ state }) => state).sort()).toEqual(['cancelled', 'pending']);
  });

  it('gets five messages of a kind in an hour, however often it is asked [H-059]', async () => {
    const before = identity.mails.length;
    for (let count = 0; count < 12; count += 1) expect(await start()).toEqual({ kind: 'mail_sent' });
    const queued = await identity.owner.query(`SELECT 1 FROM mails WHERE template = 'recovery-confirm'`);
    expect(queued).toHaveLength(5);
    expect(identity.mails.length - before).toBeLessThanOrEqual(5);
    const [{ count }] = await identity.owner.query(
      `SELECT count(*)::int AS count FROM one_time_tokens WHERE purpose = 'recovery_confirm' AND used_at IS NULL`,
    );
    expect(count).toBe(1);
  });

  it('leaves a line in the log for each step', async () => {
    const { id } = await approved();
    identity.clock.advanceSeconds(24 * HOUR);
    await start();
    await complete(await nextLink('recovery/complete'));
    const log: { action: string; actor: string }[] = await identity.owner.query(
      `SELECT action, actor_account_id AS actor FROM audit_events WHERE target = $1 ORDER BY at, id`,
      [id],
    );
    expect(new Map(log.map(({ action, actor }) => [action, actor]))).toEqual(
      new Map([
        ['recovery.requested', 'acc_bob'],
        ['recovery.approved', operator.person.accountId],
        ['recovery.completed', 'acc_bob'],
      ]),
    );
  });
});
