import * as identity from '@gatehouse/contracts/identity';
import * as keys from '@gatehouse/contracts/keys';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { keyView } from './fake-keys-service.conformance.js';
import { type PlatformUnderTest, startPlatformUnderTest } from './platform-under-test.conformance.js';

const newKey = { api: 'exante', name: 'ci', scopes: ['invoices.read'] };
const keyId = keyView().id;
const shown = {
  id: keyId,
  display: 'ex_live_...AbCd',
  name: 'ci',
  api: 'exante',
  project_id: 'prj_CCCCCCCCCCCCCCCCCCCCCC',
  organization_id: 'org_AAAAAAAAAAAAAAAAAAAAAA',
  environment: 'live',
  scopes: ['invoices.read'],
  state: 'active',
  metadata: {},
  allowed_ips: [],
  limits: null,
  remaining_uses: null,
  created_at: '2026-01-15T12:00:00.000Z',
  created_by: 'acc_owner',
  created_by_role: 'owner',
  expires_at: null,
  revoked_at: null,
  revocation_reason: null,
  rotation: null,
  rotation_due: false,
  last_used: null,
};

describe('the management API of keys and projects', () => {
  let platform: PlatformUnderTest;
  let bearer: readonly string[];
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
    ({ bearer } = await platform.signIn('owner@example.com'));
  });
  afterAll(() => platform.stop());
  afterEach(() => platform.world.instead.clear());

  const get = (path: string) => platform.send({ path, headers: bearer });
  const post = (path: string, body?: string | object, headers: readonly string[] = []) =>
    platform.send({ method: 'POST', path, headers: [...bearer, ...headers], ...(body === undefined ? {} : { body }) });
  const lastIssue = () => platform.world.of(keys.issueKey.subject).at(-1);

  it('answers a new key with 201 and the secret, which no other answer has', async () => {
    const answer = await post('/api/v1/keys', newKey);
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({ ...shown, key: 'ex_live_the-secret' });
    for (const other of [
      await get('/api/v1/keys'),
      await get(`/api/v1/keys/${keyId}`),
      await post(`/api/v1/keys/${keyId}/revoke`),
    ]) {
      expect(other.status).toBe(200);
      expect(other.text).not.toContain('the-secret');
      expect(other.text).not.toContain('"key"');
    }
  });

  it('issues under the plan and in the project that identity names, by id or slug', async () => {
    for (const project of [undefined, 'default', 'prj_CCCCCCCCCCCCCCCCCCCCCC']) {
      expect((await post('/api/v1/keys', { ...newKey, project })).status).toBe(201);
      expect(lastIssue()).toMatchObject({ projectId: 'prj_CCCCCCCCCCCCCCCCCCCCCC', plan: 'free' });
    }
  });

  it('passes on expiry, environment, metadata and Idempotency-Key', async () => {
    const body = { ...newKey, environment: 'live', expires_at: '2026-02-01T01:00:00+01:00', metadata: { team: 'a' } };
    expect((await post('/api/v1/keys', body, ['idempotency-key', 'one-2'])).status).toBe(201);
    expect(lastIssue()).toMatchObject({
      environment: 'live',
      expiresAt: '2026-02-01T00:00:00.000Z',
      metadata: { team: 'a' },
      idempotencyKey: 'one-2',
    });
    expect((await post('/api/v1/keys', { ...newKey, expires_in_days: 30 })).status).toBe(201);
    expect(lastIssue()).toMatchObject({ expiresInDays: 30 });
  });

  it.each([
    ['an unknown field', { ...newKey, role: 'owner' }, 'role'],
    ['a field of the stored key', { ...newKey, state: 'active' }, 'state'],
    ['an unknown project', { ...newKey, project: 'other' }, 'project'],
    ['no name', { api: 'exante', scopes: [] }, 'name'],
    ['a blank name', { ...newKey, name: '  ' }, 'name'],
    ['scopes that are no list', { ...newKey, scopes: 'invoices.read' }, 'scopes'],
    ['a scope that is no text', { ...newKey, scopes: [1] }, 'scopes.0'],
    ['a time that is none', { ...newKey, expires_at: 'tomorrow' }, 'expires_at'],
    ['no days at all', { ...newKey, expires_in_days: 0 }, 'expires_in_days'],
    ['two expiries', { ...newKey, expires_in_days: 1, expires_at: '2027-01-01T00:00:00Z' }, 'expires_at'],
    ['a time before the first year', { ...newKey, expires_at: '0000-01-01T00:00:00+14:00' }, 'expires_at'],
    ['a time after the last year', { ...newKey, expires_at: '9999-12-31T23:59:59-01:00' }, 'expires_at'],
    ['half a character in the name', { ...newKey, name: 'a\ud800' }, 'name'],
    ['half a character in metadata', { ...newKey, metadata: { a: '\udc00' } }, 'metadata.a'],
    ['half a character in a name of metadata', { ...newKey, metadata: { '\ud800': 'a' } }, 'metadata.\ud800'],
    ['metadata that is no text', { ...newKey, metadata: { a: 1 } }, 'metadata.a'],
    ['a list for a body', [newKey], 'body'],
  ])('refuses %s, names the field and issues nothing [H-149]', async (_name, body, field) => {
    const before = platform.world.of(keys.issueKey.subject).length;
    const answer = await post('/api/v1/keys', body);
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code: 'validation_error' });
    expect(Object.keys((answer.json as { errors: object }).errors)).toContain(field);
    expect(platform.world.of(keys.issueKey.subject).length).toBe(before);
  });

  it('names every field that is missing from an empty body', async () => {
    for (const body of [undefined, {}]) {
      const { errors } = (await post('/api/v1/keys', body)).json as { errors: object };
      expect(Object.keys(errors).sort()).toEqual(['api', 'name', 'scopes']);
    }
  });

  it.each([
    ['unknown_api', undefined, 'api'],
    ['unknown_scope', undefined, 'scopes'],
    ['unknown_environment', undefined, 'environment'],
    ['invalid_expiry', 'expiresAt', 'expires_at'],
    ['invalid_expiry', 'expiresInDays', 'expires_in_days'],
  ])('says which field of the body the keys service refuses: %s %s', async (refused, field, named) => {
    platform.world.instead.set(keys.issueKey.subject, {
      kind: 'refused',
      code: refused,
      field,
      message: 'is not right',
    });
    const answer = await post('/api/v1/keys', newKey);
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code: 'validation_error', errors: { [named]: 'is not right' } });
  });

  it('answers 409 where an Idempotency-Key was used for another request, and 400 where it is none', async () => {
    platform.world.instead.set(keys.issueKey.subject, {
      kind: 'refused',
      code: 'idempotency_conflict',
      message: 'used before',
    });
    const conflict = await post('/api/v1/keys', newKey, ['idempotency-key', 'one']);
    expect([conflict.status, (conflict.json as { code: string }).code]).toEqual([409, 'idempotency_conflict']);
    expect((await post('/api/v1/keys', newKey, ['idempotency-key', 'x'.repeat(256)])).status).toBe(400);
    expect((await post('/api/v1/keys', newKey, ['idempotency-key', 'a b'])).status).toBe(400);
  });

  it('lists keys page by page, expired ones included [E7]', async () => {
    const answer = await get('/api/v1/keys?api=exante&project=default&created_by=acc_1&cursor=here&limit=2');
    expect(answer.json).toEqual({ data: [shown, { ...shown, state: 'expired' }], next_cursor: 'next' });
    expect(platform.world.of(keys.listKeys.subject).at(-1)).toMatchObject({
      api: 'exante',
      projectId: 'prj_CCCCCCCCCCCCCCCCCCCCCC',
      createdBy: 'acc_1',
      cursor: 'here',
      limit: 2,
    });
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=0x10',
    'limit=1e1',
    'limit=%205',
    'limit=',
    'unknown=1',
    'api=a&api=b',
    'project=other',
    'cursor=',
  ])('refuses the list query %s', async (query) => {
    const answer = await get(`/api/v1/keys?${query}`);
    expect([answer.status, (answer.json as { code: string }).code]).toEqual([422, 'validation_error']);
  });

  it('refuses a cursor that the keys service did not write', async () => {
    platform.world.instead.set(keys.listKeys.subject, { kind: 'refused', code: 'invalid_cursor', message: 'is none' });
    expect((await get('/api/v1/keys?cursor=x')).json).toMatchObject({ errors: { cursor: 'is none' } });
  });

  it('answers 404 for a key that is not there, not of this organization, or not an id, in one shape', async () => {
    for (const id of ['key_EEEEEEEEEEEEEEEEEEEEEE', 'key_', 'x', '%2e%2e', 'key_%00', `key_${'a'.repeat(90)}`]) {
      for (const answer of [await get(`/api/v1/keys/${id}`), await post(`/api/v1/keys/${id}/revoke`)]) {
        expect(answer.status).toBe(404);
        expect(answer.json).toMatchObject({ code: 'not_found', title: 'There is nothing here under this name.' });
      }
    }
  });

  it('revokes with a reason, with an empty object, and with no body at all', async () => {
    const path = `/api/v1/keys/${keyId}/revoke`;
    const answer = await post(path, { reason: 'leaked' });
    expect(answer.json).toEqual({
      ...shown,
      state: 'revoked',
      revoked_at: '2026-01-15T12:00:00.000Z',
      revocation_reason: 'leaked',
      settlement: {
        held_at: '2026-01-15T12:00:00.000Z',
        acknowledged: [{ id: 'f'.repeat(32), kind: 'keys' }],
        expired: [],
        listed: true,
      },
    });
    expect((await post(path, {})).status).toBe(200);
    expect((await post(path)).status).toBe(200);
    expect((await post(path, '', ['content-type', 'application/json'])).status).toBe(200);
    expect((await post(path, { because: 'x' })).status).toBe(422);
  });

  it('takes no half of a character as a reason, and every whole one', async () => {
    const refused = await post(`/api/v1/keys/${keyId}/revoke`, { reason: '\ud800' });
    expect(refused.status).toBe(422);
    expect(refused.json).toMatchObject({ errors: { reason: expect.stringContaining('surrogates') } });
    expect((await post(`/api/v1/keys/${keyId}/revoke`, { reason: 'lost \u{1f511}' })).status).toBe(200);
  });

  it('shows organizations and projects, and makes a project', async () => {
    const project = {
      id: 'prj_CCCCCCCCCCCCCCCCCCCCCC',
      slug: 'default',
      name: 'Default',
      organization_id: 'org_AAAAAAAAAAAAAAAAAAAAAA',
      created_at: '2026-01-15T12:00:00.000Z',
    };
    expect((await get('/api/v1/projects')).json).toEqual({ data: [project] });
    expect((await get('/api/v1/orgs')).json).toMatchObject({ data: [{ role: 'owner', plan: 'free' }] });
    const created = await post('/api/v1/projects', { name: 'Default' });
    expect([created.status, created.json]).toEqual([201, project]);
    for (const [refused, status] of [
      ['slug_taken', 409],
      ['slug_invalid', 422],
    ] as const) {
      const answer = { kind: 'refused', code: refused, message: 'no' };
      platform.world.instead.set(identity.createProject.subject, answer);
      const second = await post('/api/v1/projects', { name: 'Default', slug: 'default' });
      expect(second.status).toBe(status);
      expect(second.json).toMatchObject({ errors: { slug: 'no' } });
    }
  });

  it('tells clients which APIs are published, and nothing of what is behind them', async () => {
    const answer = await platform.send({ path: '/api/v1/apis' });
    expect(answer.json).toEqual({
      data: [
        {
          name: 'exante',
          profile: 'exante',
          description: 'Invoices <fast> & safe',
          hosts: ['api.exante.example'],
          base_path: '/apis/exante',
          environments: [{ name: 'live', key_prefix: 'ex_live_' }],
          scopes: [{ name: 'invoices.read', description: 'Read invoices', granted_by: null }],
          roles: [],
          plans: [{ name: 'free', limits: { key: { second: 5, minute: 60 }, organization: {} }, keys_max: 5 }],
          rotation: { in_place: true, grace_seconds_max: 604_800, remind_after_days: null },
        },
      ],
    });
  });
});
