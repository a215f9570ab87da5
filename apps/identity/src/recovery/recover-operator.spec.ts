import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { accountsForEach, type People } from '../accounts/accounts-under-test.conformance.js';
import { codeOf, enrol, passwordStep, personBehind } from '../second-factor/authenticator.conformance.js';
import { ADMIN, ADMIN_ENVIRONMENT, type IdentityUnderTest, ROOT_SECRET } from '../start.conformance.js';
import { recoverOnServer } from './recover-on-server.server.js';

const GRACE = 'grace@example.test';

describe('an operator who has lost every factor', () => {
  let identity: IdentityUnderTest;
  let people: People;
  let operator: Awaited<ReturnType<People['enter']>>;
  let secret: string;
  accountsForEach({ emails: [GRACE], environment: ADMIN_ENVIRONMENT }, (world) => {
    ({ identity, people } = world);
  });
  beforeEach(async () => {
    operator = await people.enter(ADMIN.email, ADMIN.password);
    ({ secret } = await enrol(identity, (await personBehind(identity, operator.sessionToken)).person));
    await identity.nextMail(ADMIN.email);
  });

  const environment = () => {
    const { url } = identity.owner.options as { url?: string };
    return { DATABASE_URL: url, GATEHOUSE_SECRET: ROOT_SECRET };
  };
  const run = (email = ADMIN.email, given = {}) =>
    recoverOnServer(['--email', email], { ...environment(), ...given }, identity.clock.nowMs());
  const rows = async (query: string) => (await identity.owner.query(query)).length;
  const expectNothingChanged = async () => {
    expect(await rows('SELECT 1 FROM totp_secrets')).toBe(1);
    expect(await rows(`SELECT 1 FROM audit_events WHERE action = 'recovery.on_server'`)).toBe(0);
    expect((await identity.authenticate(operator.sessionToken)).kind).toBe('authenticated');
  };

  it('gets in with the password alone after it, and sets up another one; all that was open has ended', async () => {
    await passwordStep(identity);
    expect(await run(' ADA@example.test')).toMatchObject({ exitCode: 0 });
    expect(await identity.authenticate(operator.sessionToken)).toEqual({ kind: 'refused', code: 'session_ended' });
    const waiting = await identity.owner.query('SELECT 1 FROM sign_in_challenges WHERE used_at IS NULL');
    expect(waiting).toEqual([]);
    const mail = await identity.nextMail(ADMIN.email);
    expect(mail.subject).toBe('The second factor of your account was removed on the server');
    const entered = await people.enter(ADMIN.email, ADMIN.password);
    const again = await enrol(identity, (await personBehind(identity, entered.sessionToken)).person);
    expect(codeOf(again.secret, identity)).not.toBe(codeOf(secret, identity));
    await passwordStep(identity);
    const logged = await identity.owner.query(
      `SELECT actor_account_id AS by, target, address FROM audit_events WHERE action = 'recovery.on_server'`,
    );
    expect(logged).toEqual([{ by: null, target: operator.accountId, address: 'server' }]);
  });

  it('is refused the second time, also of twenty at once', async () => {
    const runs = await Promise.all(Array.from({ length: 20 }, () => run()));
    expect(runs.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1);
    for (const { exitCode, text } of [...runs.filter(({ exitCode: code }) => code !== 0), await run()]) {
      expect([exitCode, text]).toEqual([1, expect.stringContaining('has no second factor')]);
    }
    expect(await rows(`SELECT 1 FROM audit_events WHERE action = 'recovery.on_server'`)).toBe(1);
    expect(await rows(`SELECT 1 FROM mails WHERE template = 'recovery-on-server'`)).toBe(1);
  });

  it('is the only one it is for', async () => {
    for (const email of [GRACE, 'nobody@example.test', 'no address', '']) {
      expect(await run(email)).toMatchObject({ exitCode: 1, text: expect.stringContaining('not the address') });
    }
    await expectNothingChanged();
  });

  it('holds the server: without the database or the root secret nothing changes', async () => {
    for (const [given, names] of [
      [{ GATEHOUSE_SECRET: randomBytes(32).toString('hex') }, /GATEHOUSE_SECRET|DATABASE_URL/],
      [{ GATEHOUSE_SECRET: undefined }, /GATEHOUSE_SECRET/],
      [{ DATABASE_URL: undefined }, /DATABASE_URL/],
      [{ DATABASE_URL: 'postgres://gatehouse:x@127.0.0.1:1/gatehouse' }, /DATABASE_URL/],
    ] as const) {
      const refused = await run(ADMIN.email, given);
      expect([refused.exitCode, refused.text]).toEqual([1, expect.stringMatching(names)]);
    }
    await expectNothingChanged();
  });

  it('is told how to call it', async () => {
    for (const args of [[], ['--email'], ['--all'], [ADMIN.email], ['--email', ADMIN.email, 'more']]) {
      const { exitCode, text } = await recoverOnServer(args, environment(), identity.clock.nowMs());
      expect([exitCode, text]).toEqual([2, expect.stringContaining('--email <address>')]);
    }
    await expectNothingChanged();
  });
});
