import { call } from '@gatehouse/bus/call.client';
import type { Actor, Role } from '@gatehouse/contracts/actor';
import {
  cancelRotation,
  disableKey,
  enableKey,
  finishRotation,
  getKey,
  issueKey,
  removeKey,
  revokeKey,
  rotateKey,
  updateKey,
} from '@gatehouse/contracts/keys';
import { describe, expect, it } from '@jest/globals';
import { actor, issued, request, withKeys } from '../keys-under-test.conformance.js';

const tests = withKeys();
const ALL = [
  'keys.read',
  'keys.write',
  'keys.verify',
  'limits.check',
  'projects.read',
  'projects.write',
  'members.read',
  'audit.read',
];

/** A member of this organization. */
const member = (organizationId: string, role: Role): Actor => ({
  ...actor(organizationId),
  accountId: `acc_${role}`,
  role,
});
/** A management key of it, with these scopes. */
const machine = (organizationId: string, keyScopes: string[], role: Role = 'owner'): Actor => ({
  ...actor(organizationId),
  accountId: 'key_machine',
  role,
  keyScopes,
});
const newOrganization = () => actor().organizationId;
const managementKey = (by: Actor, scopes: readonly string[]) => issued(tests, by, { api: 'gatehouse', scopes });
const attempt = (by: Actor, scopes: readonly string[]) =>
  call(tests.client, issueKey, { ...request(by), api: 'gatehouse', scopes: [...scopes] });
const DENIED = { kind: 'refused', code: 'permission_denied' };

describe('management keys', () => {
  it('are made like any key, by members, with the scopes that their role has', async () => {
    const organization = newOrganization();
    const { key, secret } = await managementKey(member(organization, 'owner'), ['*']);
    expect(secret).toMatch(/^ghm_[0-9A-Za-z]{49}$/);
    expect(key).toMatchObject({ api: 'gatehouse', scopes: ALL, createdByRole: 'owner', environment: 'live' });
    expect(await attempt(member(organization, 'developer'), ['keys.*', 'projects.read'])).toMatchObject({
      kind: 'issued',
    });
    for (const scopes of [['projects.write'], ['projects.*'], ['*']]) {
      expect(await attempt(member(organization, 'developer'), scopes)).toMatchObject(DENIED);
    }
    for (const scope of ALL) expect(await attempt(member(organization, 'viewer'), [scope])).toMatchObject(DENIED);
  });

  it('are made by management keys with no scope that these lack themselves', async () => {
    const by = machine(newOrganization(), ['keys.write', 'keys.read']);
    expect(await attempt(by, ['keys.read'])).toMatchObject({ kind: 'issued', key: { createdBy: 'key_machine' } });
    expect(await attempt(by, ['keys.read', 'keys.write'])).toMatchObject({ kind: 'issued' });
    for (const scopes of [['keys.verify'], ['keys.read', 'projects.read'], ['keys.*'], ['*']]) {
      expect(await attempt(by, scopes)).toMatchObject(DENIED);
    }
  });

  it('make keys of published APIs with whatever scopes the role of their creator may grant', async () => {
    const by = machine(newOrganization(), ['keys.write'], 'developer');
    expect(await issued(tests, by)).toMatchObject({ key: { scopes: ['invoices.read'], createdByRole: 'developer' } });
  });

  it('get no scope by a change that who changes them may not grant', async () => {
    const organization = newOrganization();
    const { key } = await managementKey(member(organization, 'owner'), ['keys.read', 'keys.write']);
    const update = (by: Actor, scopes: string[]) => call(tests.client, updateKey, { actor: by, keyId: key.id, scopes });
    const itself = machine(organization, ['keys.read', 'keys.write']);
    for (const scopes of [['keys.read', 'keys.write', 'keys.verify'], ['*']]) {
      expect(await update(itself, scopes)).toMatchObject(DENIED);
    }
    expect(await update(member(organization, 'developer'), ['keys.read', 'projects.write'])).toMatchObject(DENIED);
    expect(await update(itself, ['keys.write'])).toMatchObject({ kind: 'updated' });
  });

  it('handle no management key that may do more than they, but may end it', async () => {
    const organization = newOrganization();
    const { key } = await managementKey(member(organization, 'owner'), ALL);
    const weak = { actor: machine(organization, ['keys.write']), keyId: key.id };
    const strong = { actor: machine(organization, ALL), keyId: key.id };
    const rotation = { projectSlug: 'default', graceSeconds: 60 };
    expect(await call(tests.client, rotateKey, { ...weak, ...rotation })).toMatchObject(DENIED);
    expect(await call(tests.client, updateKey, { ...weak, name: 'mine' })).toMatchObject(DENIED);
    expect(await call(tests.client, enableKey, weak)).toMatchObject(DENIED);
    expect(await call(tests.client, cancelRotation, weak)).toMatchObject(DENIED);
    expect(await call(tests.client, getKey, strong)).toMatchObject({ key: { name: 'Production', rotation: null } });

    expect(await call(tests.client, rotateKey, { ...strong, ...rotation })).toMatchObject({ kind: 'rotated' });
    expect(await call(tests.client, cancelRotation, strong)).toMatchObject({ kind: 'changed' });
    expect(await call(tests.client, rotateKey, { ...strong, ...rotation })).toMatchObject({ kind: 'rotated' });
    expect(await call(tests.client, finishRotation, weak)).toMatchObject({ kind: 'changed' });
    expect(await call(tests.client, updateKey, { ...strong, name: 'ours' })).toMatchObject({ kind: 'updated' });
    expect(await call(tests.client, disableKey, weak)).toMatchObject({ kind: 'changed' });
    expect(await call(tests.client, enableKey, strong)).toMatchObject({ kind: 'changed' });
    expect(await call(tests.client, revokeKey, weak)).toMatchObject({ kind: 'revoked' });
    expect(await call(tests.client, removeKey, weak)).toMatchObject({ kind: 'removed' });
  });

  it('handle keys of published APIs, whatever those may do there', async () => {
    const organization = newOrganization();
    const { key } = await issued(tests, member(organization, 'owner'));
    const by = { actor: machine(organization, ['keys.write'], 'developer'), keyId: key.id };
    expect(await call(tests.client, disableKey, by)).toMatchObject({ kind: 'changed' });
    expect(await call(tests.client, enableKey, by)).toMatchObject({ kind: 'changed' });
  });
});

describe('the secret of a key', () => {
  it('goes by a rotation to nobody who may not grant what the key may do', async () => {
    const organization = newOrganization();
    const { key } = await managementKey(member(organization, 'owner'), ['keys.read', 'projects.write']);
    const rotate = (by: Actor) =>
      call(tests.client, rotateKey, { actor: by, keyId: key.id, projectSlug: 'default', graceSeconds: 0 });
    expect(await rotate(member(organization, 'developer'))).toMatchObject(DENIED);
    expect(await rotate(machine(organization, ALL, 'developer'))).toMatchObject(DENIED);
    expect(await rotate(member(organization, 'admin'))).toMatchObject({ kind: 'rotated' });
  });

  it('goes by an Idempotency-Key to nobody but who has created it', async () => {
    const organization = newOrganization();
    const asked = { api: 'gatehouse', scopes: ['keys.read'], idempotencyKey: 'deploy-1' };
    const first = await issued(tests, member(organization, 'owner'), asked);
    expect(await issued(tests, member(organization, 'owner'), asked)).toEqual(first);
    for (const by of [member(organization, 'developer'), machine(organization, ['keys.write'])]) {
      const answer = await call(tests.client, issueKey, { ...request(by), ...asked });
      expect(answer).toMatchObject({ kind: 'refused', code: 'idempotency_conflict' });
    }
  });
});
