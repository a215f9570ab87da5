import type { Role } from '@gatehouse/contracts/actor';
import { createProject, findProject, listProjects } from '@gatehouse/contracts/identity';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN_ENVIRONMENT, type IdentityUnderTest, identityTests } from '../start.conformance.js';

describe('projects', () => {
  let tests: Awaited<ReturnType<typeof identityTests>>;
  let identity: IdentityUnderTest;
  let organizationId: string;
  let accountId: string;

  beforeAll(async () => {
    tests = await identityTests();
    identity = await tests.open();
    await identity.start(ADMIN_ENVIRONMENT);
    await identity.start();
    identity.clock.advanceSeconds(1);
    const [membership] = await identity.owner.query('SELECT organization_id, account_id FROM memberships');
    organizationId = membership.organization_id;
    accountId = membership.account_id;
    await identity.owner.query(`INSERT INTO organizations VALUES ('org_other', 'Other', 'pro', now())`);
    await identity.owner.query(`INSERT INTO projects VALUES ('prj_other', 'org_other', 'theirs', 'Theirs', now())`);
  });
  afterAll(async () => {
    await identity.stop();
    await tests.stop();
  });

  const actor = (changes: { organizationId?: string; role?: Role } = {}) => ({
    accountId,
    organizationId,
    role: 'owner' as Role,
    address: '192.0.2.7',
    requestId: 'req-9',
    ...changes,
  });
  const create = (name: string, slug?: string) => identity.ask(createProject, { actor: actor(), name, slug });
  const find = (project?: string) => identity.ask(findProject, { actor: actor(), project });

  it('are created with a slug of their name, and found by id and slug', async () => {
    const created = await create('  Café Zürich № 1 ');
    if (created.kind !== 'created') throw new Error('not created');
    expect(created.project).toMatchObject({ slug: 'cafe-zurich-no-1', name: 'Café Zürich № 1', organizationId });
    for (const name of [created.project.id, 'cafe-zurich-no-1']) {
      expect(await find(name)).toEqual({ kind: 'found', project: created.project, plan: 'free' });
    }
    const [audit] = await identity.owner.query('SELECT * FROM audit_events WHERE target = $1', [created.project.id]);
    expect(audit).toMatchObject({ action: 'project.created', actor_account_id: accountId, request_id: 'req-9' });
  });

  it('include the first one, which is meant where none is named', async () => {
    expect(await find()).toMatchObject({ kind: 'found', project: { slug: 'default' }, plan: 'free' });
    const listed = await identity.ask(listProjects, { actor: actor() });
    expect(listed.projects[0]).toMatchObject({ slug: 'default' });
  });

  it('have one slug each: of twenty created at once with one slug, one is', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => create('Race', 'race')));
    expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.kind === 'refused') expect(outcome.code).toBe('slug_taken');
    }
    const rows = await identity.owner.query(`SELECT id FROM projects WHERE slug = 'race'`);
    expect(rows).toHaveLength(1);
  });

  it.each([['A'], ['a b'], ['a_b'], ['é'], ['x'.repeat(41)], ['']])('refuse the slug %j', async (slug) => {
    expect(await create('Any', slug)).toMatchObject({ kind: 'refused', code: 'slug_invalid' });
  });

  it('refuse a name of which no slug can be made', async () => {
    expect(await create('№%$')).toMatchObject({ kind: 'created' });
    expect(await create('%$ —')).toMatchObject({ kind: 'refused', code: 'slug_invalid' });
  });

  it('of another organization do not exist', async () => {
    for (const name of ['prj_other', 'theirs', 'no-such', "' OR 1=1 --"]) {
      expect(await find(name)).toEqual({ kind: 'not_found' });
    }
    const listed = await identity.ask(listProjects, { actor: actor() });
    expect(listed.projects.map(({ organizationId: owner }) => owner)).not.toContain('org_other');
  });

  it('are not created by somebody who is no member, or whose role went, whatever the message says', async () => {
    const before = await identity.owner.query('SELECT id FROM projects');
    const elsewhere = actor({ organizationId: 'org_other' });
    const refused = expect.objectContaining({ kind: 'refused', code: 'permission_denied' });
    expect(await identity.ask(createProject, { actor: elsewhere, name: 'Mine' })).toEqual(refused);
    await identity.owner.query(`UPDATE memberships SET role = 'viewer'`);
    expect(await create('Mine')).toEqual(refused);
    expect(await identity.owner.query('SELECT id FROM projects')).toEqual(before);
    for (const role of ['admin', 'developer']) {
      await identity.owner.query('UPDATE memberships SET role = $1', [role]);
      expect((await create(`By ${role}`)).kind).toBe('created');
    }
  });

  describe('by a management key', () => {
    const byKey = (keyScopes: string[], changes: { organizationId?: string; role?: Role } = {}, name = 'By a key') =>
      identity.ask(createProject, { actor: { ...actor(changes), accountId: 'key_1', keyScopes }, name });

    it('are created where it has the scope, and the audit log names the key', async () => {
      const created = await byKey(['projects.write']);
      if (created.kind !== 'created') throw new Error('not created');
      const [audit] = await identity.owner.query('SELECT * FROM audit_events WHERE target = $1', [created.project.id]);
      expect(audit).toMatchObject({ actor_account_id: 'key_1', organization_id: organizationId });
      expect(await byKey(['projects.write'])).toMatchObject({ code: 'slug_taken' });
    });

    it('are not created without the scope, for a role that may not, and in no organization that is not there', async () => {
      const refused = { kind: 'refused', code: 'permission_denied' };
      expect(await byKey([], {}, 'Two')).toMatchObject(refused);
      expect(await byKey(['projects.read', 'keys.write'], {}, 'Two')).toMatchObject(refused);
      expect(await byKey(['projects.write'], { role: 'viewer' }, 'Two')).toMatchObject(refused);
      expect(await byKey(['projects.write'], { organizationId: 'org_none' }, 'Two')).toMatchObject(refused);
    });
  });
});
