import { deriveSecret } from '@gatehouse/config/derive-secret';
import type { Role } from '@gatehouse/contracts/actor';
import {
  acceptInvitation,
  changeMember,
  inviteMember,
  listInvitations,
  listMembers,
  removeMember,
  withdrawInvitation,
} from '@gatehouse/contracts/members';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { normaliseEmail } from '../accounts/email.js';
import { newId } from '../new-id.js';
import { argon2Hasher } from '../password/argon2.client.js';
import type { StoredHash } from '../password/stored-hash.js';
import {
  ADMIN,
  ADMIN_ENVIRONMENT,
  expectAuthenticated,
  expectSignedIn,
  type IdentityUnderTest,
  identityTests,
  ROOT_SECRET,
} from '../start.conformance.js';

const ORIGIN = { address: '192.0.2.9', userAgent: 'a browser', requestId: 'req-9' };
const { userAgent } = ORIGIN;
const PASSWORD = 'nine quiet otters swim';

/** Somebody with an account and a session. */
interface Somebody {
  readonly accountId: string;
  readonly email: string;
  readonly person: { accountId: string; sessionId: string; origin: typeof ORIGIN };
  readonly sessionToken: string;
}

describe('the members of an organization', () => {
  let tests: Awaited<ReturnType<typeof identityTests>>;
  let identity: IdentityUnderTest;
  let organizationId: string;
  let ada: Somebody;

  let stored: StoredHash;

  beforeAll(async () => {
    stored = await argon2Hasher(deriveSecret(ROOT_SECRET, 'password-pepper')).hash(PASSWORD);
    tests = await identityTests();
  });
  afterAll(() => tests.stop());
  beforeEach(async () => {
    identity = await tests.open();
    await identity.start(ADMIN_ENVIRONMENT);
    const { sessionToken } = expectSignedIn(await identity.signIn(ADMIN.email, ADMIN.password));
    const found = expectAuthenticated(await identity.authenticate(sessionToken));
    organizationId = found.memberships[0]?.organizationId ?? '';
    const person = { accountId: found.account.id, sessionId: found.sessionId, origin: ORIGIN };
    ada = { accountId: found.account.id, email: ADMIN.email, person, sessionToken };
  });
  afterEach(() => identity.stop());

  async function somebody(email: string): Promise<Somebody> {
    const accountId = newId('acc');
    const now = new Date(identity.clock.nowMs());
    await identity.owner.query(
      `INSERT INTO accounts (id, email, email_lookup, name, email_verified_at, created_at) VALUES ($1, $2, $3, '', $4, $4)`,
      [accountId, email, normaliseEmail(email).lookup, now],
    );
    await identity.owner.query('INSERT INTO passwords (account_id, format, hash, set_at) VALUES ($1, $2, $3, $4)', [
      accountId,
      stored.format,
      stored.hash,
      now,
    ]);
    const { sessionToken } = expectSignedIn(await identity.signIn(email, PASSWORD));
    const { sessionId } = expectAuthenticated(await identity.authenticate(sessionToken));
    return { accountId, email, person: { accountId, sessionId, origin: ORIGIN }, sessionToken };
  }

  const actor = ({ accountId }: Somebody, role: Role = 'owner') => {
    const { address, requestId } = ORIGIN;
    return { accountId, organizationId, role, address, requestId };
  };
  const invite = (email: string, role: Role = 'developer', by = ada) =>
    identity.ask(inviteMember, { actor: actor(by), userAgent, email, role });
  const accept = (who: Somebody, token: string) => identity.ask(acceptInvitation, { person: who.person, token });
  const change = (by: Somebody, who: Somebody, role: Role) =>
    identity.ask(changeMember, { actor: actor(by), userAgent, accountId: who.accountId, role });
  const remove = (by: Somebody, who: Somebody) =>
    identity.ask(removeMember, { actor: actor(by), userAgent, accountId: who.accountId });
  const roles = async () => {
    const { members } = await identity.ask(listMembers, { actor: actor(ada) });
    return Object.fromEntries(members.map(({ email, role }) => [email, role]));
  };
  const tokenTo = async (email: string) =>
    /#token=([\w-]{43})/.exec((await identity.nextMail(email)).text)?.[1] ?? 'no token in the mail';
  async function joined(email: string, role: Role): Promise<Somebody> {
    const who = await somebody(email);
    await invite(email, role);
    expect(await accept(who, await tokenTo(email))).toEqual({ kind: 'joined', organizationId, role });
    return who;
  }

  it('join by a mailed link, with the role that they were invited as, at their next request', async () => {
    const bob = await joined('bob@example.test', 'developer');
    expect(await roles()).toEqual({ [ADMIN.email]: 'owner', 'bob@example.test': 'developer' });
    const { memberships } = expectAuthenticated(await identity.authenticate(bob.sessionToken));
    expect(memberships).toMatchObject([{ organizationId, role: 'developer' }]);
    expect((await identity.ask(listInvitations, { actor: actor(ada) })).invitations).toEqual([]);
  });

  it('join once, however often the link is followed at the same moment, on three replicas', async () => {
    await identity.start();
    await identity.start();
    const bob = await somebody('bob@example.test');
    await invite(bob.email);
    const token = await tokenTo(bob.email);
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => accept(bob, token)));
    expect(outcomes.filter(({ kind }) => kind === 'joined')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'link_invalid')).toHaveLength(29);
    const audit = await identity.owner.query(`SELECT 1 FROM audit_events WHERE action = 'member.joined'`);
    expect(audit).toHaveLength(1);
  });

  it('are those who were invited: a link that was passed on joins nobody, and still works for whom it is for', async () => {
    const [bob, eve] = [await somebody('bob@example.test'), await somebody('eve@example.test')];
    await invite('Bob@Example.test');
    const token = await tokenTo('Bob@Example.test');
    expect(await accept(eve, token)).toEqual({ kind: 'other_address' });
    expect((await accept(bob, token)).kind).toBe('joined');
    expect(await accept(bob, token)).toEqual({ kind: 'link_invalid' });
  });

  it('do not join with a link that is over, was withdrawn, or has a newer one', async () => {
    const bob = await somebody('bob@example.test');
    await invite(bob.email);
    const first = await tokenTo(bob.email);
    await invite(bob.email, 'viewer');
    expect(await accept(bob, first)).toEqual({ kind: 'link_invalid' });
    const second = await tokenTo(bob.email);
    const { invitations } = await identity.ask(listInvitations, { actor: actor(ada) });
    expect(invitations).toMatchObject([{ email: bob.email, role: 'viewer' }]);
    const invitationId = invitations[0]?.id ?? '';
    const withdraw = () => identity.ask(withdrawInvitation, { actor: actor(ada), userAgent, invitationId });
    expect(await withdraw()).toEqual({ kind: 'withdrawn' });
    expect(await withdraw()).toEqual({ kind: 'not_found' });
    expect(await accept(bob, second)).toEqual({ kind: 'link_invalid' });
    await invite(bob.email);
    const third = await tokenTo(bob.email);
    identity.clock.advanceSeconds(7 * 86_400);
    const late = await somebody('late@example.test');
    expect((await accept({ ...bob, person: { ...late.person } }, third)).kind).toBe('link_invalid');
  });

  it('are invited by owners and admins alone, and as owner by an owner; a stranger learns nothing', async () => {
    const admin = await joined('admin2@example.test', 'admin');
    const developer = await joined('dev@example.test', 'developer');
    const stranger = await somebody('stranger@example.test');
    expect((await invite('x@example.test', 'admin', admin)).kind).toBe('invited');
    for (const [by, role] of [
      [admin, 'owner'],
      [developer, 'viewer'],
      [stranger, 'viewer'],
    ] as const) {
      expect(await invite('y@example.test', role, by)).toEqual({ kind: 'not_permitted' });
    }
    // The role that a message claims is not believed.
    expect(await change(developer, admin, 'viewer')).toEqual({ kind: 'not_permitted' });
    expect(await remove(stranger, developer)).toEqual({ kind: 'not_permitted' });
  });

  it('get the same answer for an address with an account and for one without, and a few mails an hour [H-035]', async () => {
    await somebody('bob@example.test');
    const shape = (answer: object) => JSON.stringify(answer).replace(/"(id|email)":"[^"]*"/g, '"$1":""');
    const [known, unknown] = [await invite('bob@example.test'), await invite('bop@example.test')];
    expect(shape(known)).toBe(shape(unknown));
    for (let mail = 1; mail < 5; mail += 1) expect((await invite('bop@example.test')).kind).toBe('invited');
    for (const spelling of ['bop@example.test', 'BOP@Example.test']) {
      expect(await invite(spelling)).toEqual({ kind: 'too_many', retryAfterSeconds: 3_600 });
    }
    identity.clock.advanceSeconds(3_600);
    expect((await invite('bop@example.test')).kind).toBe('invited');
  });

  it('lose their role at the next request, and their sessions with the membership [H-076]', async () => {
    const bob = await joined('bob@example.test', 'admin');
    expect(await change(ada, bob, 'viewer')).toEqual({ kind: 'changed', role: 'viewer' });
    const { memberships } = expectAuthenticated(await identity.authenticate(bob.sessionToken));
    expect(memberships[0]?.role).toBe('viewer');
    expect(await remove(ada, bob)).toEqual({ kind: 'removed' });
    expect(await identity.authenticate(bob.sessionToken)).toEqual({ kind: 'refused', code: 'session_ended' });
    expect(await remove(ada, bob)).toEqual({ kind: 'not_found' });
    expect(await change(bob, ada, 'viewer')).toEqual({ kind: 'not_permitted' });
  });

  it('may leave, and keep their sessions', async () => {
    const bob = await joined('bob@example.test', 'viewer');
    expect(await remove(bob, bob)).toEqual({ kind: 'removed' });
    expect(expectAuthenticated(await identity.authenticate(bob.sessionToken)).memberships).toEqual([]);
  });

  it('always have an owner among them, also when all owners step down or leave at once [H-152]', async () => {
    expect(await change(ada, ada, 'admin')).toEqual({ kind: 'last_owner' });
    expect(await remove(ada, ada)).toEqual({ kind: 'last_owner' });
    await identity.start();
    await identity.start();
    const owners = [ada];
    for (let index = 0; index < 9; index += 1) owners.push(await joined(`owner${index}@example.test`, 'owner'));
    const outcomes = await Promise.all(
      owners.map(async (owner, index) => {
        const { kind } = await (index % 2 === 0 ? remove(owner, owner) : change(owner, owner, 'viewer'));
        return kind;
      }),
    );
    expect(outcomes.filter((kind) => kind === 'last_owner')).toHaveLength(1);
    const left = await identity.owner.query(`SELECT 1 FROM memberships WHERE role = 'owner'`);
    expect(left).toHaveLength(1);
  });

  it('are changed with an audit entry each, in the same transaction', async () => {
    const bob = await joined('bob@example.test', 'developer');
    await change(ada, bob, 'viewer');
    await remove(ada, bob);
    const rows = await identity.owner.query(
      `SELECT action, actor_account_id, organization_id FROM audit_events
       WHERE action LIKE 'member.%' ORDER BY at, action`,
    );
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row.organization_id).toBe(organizationId);
    expect(rows.map(({ action }: { action: string }) => action).sort()).toEqual([
      'member.changed',
      'member.invited',
      'member.joined',
      'member.removed',
    ]);
  });
});
