import 'reflect-metadata';
import { MANAGEMENT_API } from '@gatehouse/catalog/management-api';
import { type Role, roleSchema } from '@gatehouse/contracts/actor';
import * as keys from '@gatehouse/contracts/keys';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CONTROLLERS } from '../app.module.js';
import { isPermission } from './allow.guard.js';
import { ORGANIZATIONS } from './fake-world.conformance.js';
import { type Permission, roleMay } from './permissions.js';
import { type PlatformUnderTest, startPlatformUnderTest } from './platform-under-test.conformance.js';
import { ruledRoutes } from './route-rules.guard.js';

const [OWN, OTHER] = ORGANIZATIONS;
const SCOPES = Object.keys(MANAGEMENT_API.profile.scopes);
/** Who belongs to an organization is decided by people. */
const FOR_PEOPLE: readonly Permission[] = ['members.write'];
const newKey = { api: 'exante', name: 'ci', scopes: ['invoices.read'] };
/** Every route that is not public, as a request could be sent to it. */
const CLOSED = ruledRoutes(CONTROLLERS).flatMap(({ method, path, rule }) =>
  rule === undefined || rule === 'public'
    ? []
    : [
        {
          method,
          path: path.replace(':organizationId', OWN).replace(/:(id|accountId)/, 'key_DDDDDDDDDDDDDDDDDDDDDD'),
          rule,
        },
      ],
);

describe('the scopes of management keys', () => {
  it('are the permissions of routes, but for those that people alone have, granted by those roles that have them and may make keys', () => {
    const permissions = new Set(
      ruledRoutes(CONTROLLERS).flatMap(({ rule }) => (rule && isPermission(rule) ? [rule] : [])),
    );
    expect([...SCOPES, ...FOR_PEOPLE].sort()).toEqual([...permissions].sort());
    for (const [scope, { roles }] of Object.entries(MANAGEMENT_API.profile.scopes)) {
      const may = (role: Role) => roleMay(role, scope as Permission) && roleMay(role, 'keys.write');
      expect([scope, roles]).toEqual([scope, roleSchema.options.filter(may)]);
    }
  });
});

describe('a management key', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());
  beforeEach(() => {
    platform.keys.down = undefined;
    platform.keys.refusedForSeconds = undefined;
    platform.keys.charges.length = 0;
    platform.keys.asked = 0;
    platform.world.asked.length = 0;
  });

  const key = (facts: Partial<KeyFacts> = {}) =>
    platform.keys.add('gatehouse', { organizationId: OWN, scopes: SCOPES, creatorRole: 'owner', ...facts });
  const bearer = (secret: string) => ['authorization', `Bearer ${secret}`];
  const list = (headers: readonly string[]) => platform.send({ path: '/api/v1/keys', headers });
  const issue = (headers: readonly string[], body: object = newKey) =>
    platform.send({ method: 'POST', path: '/api/v1/keys', headers, body });
  const outcome = ({ status, json }: { status: number; json: unknown }) => [status, (json as { code?: string }).code];

  it('acts for its organization, as itself, with its scopes and the role of its creator, without a CSRF token', async () => {
    const secret = key({ keyId: 'key_ci', scopes: ['keys.write'], creatorRole: 'developer' });
    expect((await issue(bearer(secret))).status).toBe(201);
    expect(platform.world.of(keys.issueKey.subject)).toMatchObject([
      {
        actor: {
          accountId: 'key_ci',
          organizationId: OWN,
          role: 'developer',
          keyScopes: ['keys.write'],
          address: '127.0.0.1',
        },
      },
    ]);
  });

  it('does not decide who belongs to an organization, whatever scopes it has', async () => {
    const secret = key({ scopes: [...SCOPES, ...FOR_PEOPLE] });
    for (const { method, path, rule } of CLOSED.filter(({ rule }) => rule === 'members.write')) {
      const { status } = await platform.send({ method, path, headers: bearer(secret) });
      expect([method, path, rule, status]).toEqual([method, path, rule, 403]);
    }
  });

  it('may do on each route what its scope says', async () => {
    for (const { method, path, rule } of CLOSED) {
      if (!isPermission(rule) || FOR_PEOPLE.includes(rule)) continue;
      const { status } = await platform.send({ method, path, headers: bearer(key({ scopes: [rule] })) });
      expect([method, path, status]).not.toEqual([method, path, 401]);
      expect([method, path, status]).not.toEqual([method, path, 403]);
    }
  });

  it.each<[string, () => Promise<readonly string[]>, readonly number[]]>([
    ['no credential', async () => [], [401]],
    ['a key without the scope', async () => [], [403]],
    ['a revoked key', async () => bearer(key({ state: 'revoked' })), [401]],
    ['a disabled key', async () => bearer(key({ state: 'disabled' })), [401]],
    ['an expired key', async () => bearer(key({ expiresAtMs: 1 })), [401]],
    ['a secret that was rotated out', async () => bearer(key({ secret: { generation: 1, endsAtMs: 1 } })), [401]],
    ['a key of a suspended organization', async () => bearer(key({ organizationSuspended: true })), [403]],
    ['a key that is bound to other addresses', async () => bearer(key({ allowedAddresses: ['192.0.2.1'] })), [403]],
    ['a key without uses left', async () => bearer(key({ uses: 'exhausted' })), [403]],
    [
      'a key of another organization',
      async () => [...bearer(key({ organizationId: OTHER })), 'x-gatehouse-organization', OWN],
      [403],
    ],
    ['an unknown key', async () => bearer(platform.keys.unknown('gatehouse')), [401]],
    ['a text that cannot be a key', async () => bearer('ghm_0123456789'), [401]],
    ['a key of a published API', async () => bearer(platform.keys.add('exante', { scopes: SCOPES })), [401]],
    ['a key of a creator whose role may nothing', async () => bearer(key({ creatorRole: 'nobody' })), [403]],
  ])('is refused everywhere where it is %s, and nothing is asked [A-01]', async (name, credential, statuses) => {
    for (const { method, path, rule } of CLOSED) {
      const without = bearer(key({ scopes: SCOPES.filter((scope) => scope !== rule) }));
      const headers = name === 'a key without the scope' ? without : await credential();
      platform.world.asked.length = 0;
      const answer = await platform.send({ method, path, headers });
      expect([method, path, statuses.includes(answer.status), answer.status]).toEqual([
        method,
        path,
        true,
        answer.status,
      ]);
      const asked = platform.world.asked.map(({ subject }) => subject);
      expect(asked.filter((subject) => subject !== 'gatehouse.v1.identity.authenticate')).toEqual([]);
    }
  });

  it('opens to a viewer no more than reading', async () => {
    const { bearer: viewer } = await platform.signIn('viewer@example.com');
    for (const { method, path, rule } of CLOSED) {
      if (rule === 'signed_in' || (isPermission(rule) && roleMay('viewer', rule))) continue;
      expect([method, path, (await platform.send({ method, path, headers: viewer })).status]).toEqual([
        method,
        path,
        403,
      ]);
    }
  });

  it('never reaches a route for people, whatever its scopes are [K-06]', async () => {
    const forPeople = CLOSED.filter(({ rule }) => !isPermission(rule));
    expect(forPeople.length).toBeGreaterThanOrEqual(3);
    for (const { method, path } of forPeople) {
      const answer = await platform.send({ method, path, headers: bearer(key()) });
      expect([path, ...outcome(answer)]).toEqual([path, 403, 'permission_denied']);
      expect(answer.json).toMatchObject({ detail: 'Only an account that is signed in may do this.' });
    }
    expect(platform.world.asked).toEqual([]);
  });

  it('has no more rights than its creator had, whatever its scopes say [H-027]', async () => {
    expect(outcome(await issue(bearer(key({ creatorRole: 'viewer' }))))).toEqual([403, 'permission_denied']);
    expect((await list(bearer(key({ creatorRole: 'viewer' })))).status).toBe(200);
  });

  it('is in its own organization only, and may name it', async () => {
    const secret = key();
    for (const [headers, query, status] of [
      [['x-gatehouse-organization', OWN], '', 200],
      [[], `?organization=${OWN}`, 200],
      [[], `?organization=${OTHER}`, 403],
      [['x-gatehouse-organization', OTHER], '', 403],
      [['x-gatehouse-organization', OTHER], `?organization=${OWN}`, 400],
    ] as const) {
      const answer = await platform.send({ path: `/api/v1/keys${query}`, headers: [...bearer(secret), ...headers] });
      expect(answer.status).toBe(status);
    }
    expect((await issue(bearer(secret), { ...newKey, organization: OTHER })).status).toBe(403);
  });

  it('verifies keys of its own organization, and knows of no other', async () => {
    const secret = key({ scopes: ['keys.verify'] });
    const verify = async (asked: string) =>
      (
        await platform.send({
          method: 'POST',
          path: '/api/v1/keys/verify',
          headers: bearer(secret),
          body: { key: asked },
        })
      ).json;
    expect(await verify(platform.keys.add('exante', { organizationId: OWN }))).toMatchObject({ code: 'VALID' });
    expect(await verify(platform.keys.add('exante', { organizationId: OTHER }))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await verify(secret)).toMatchObject({ code: 'VALID', api: 'gatehouse' });
  });

  it('is not sent together with a session cookie, of whatever session', async () => {
    const { cookie } = await platform.signIn('owner@example.com');
    for (const sent of [cookie, ['cookie', 'gatehouse_session=unknown'], ['cookie', 'gatehouse_session=']]) {
      expect(outcome(await list([...bearer(key()), ...sent]))).toEqual([400, 'invalid_request']);
    }
    expect(platform.keys.asked).toBe(0);
    expect((await list([...bearer(key()), 'cookie', 'theme=dark'])).status).toBe(200);
  });

  it('may only read while it is in quarantine', async () => {
    const secret = key({ state: 'quarantined' });
    expect((await list(bearer(secret))).status).toBe(200);
    expect(outcome(await issue(bearer(secret)))).toEqual([403, 'key_refused']);
  });

  it('is told what has become of it, and by how much it has to wait', async () => {
    const revoked = await list(bearer(key({ state: 'revoked' })));
    expect(revoked.json).toMatchObject({ code: 'key_ended', detail: 'The API key has been revoked.' });
    const unknown = await list(bearer(platform.keys.unknown('gatehouse')));
    expect(unknown.json).toEqual({
      type: '/errors/key_invalid',
      title: 'The API key is not valid.',
      status: 401,
      code: 'key_invalid',
      request_id: unknown.headers['x-request-id'],
    });
    platform.keys.refusedForSeconds = 9;
    const limited = await list(bearer(key({ limits: [{ windowSeconds: 60, quota: 1 }] })));
    expect([...outcome(limited), limited.headers['retry-after']]).toEqual([429, 'rate_limited', '9']);
  });

  it('counts against the limits that it has of its own, one for each request', async () => {
    const secret = key({ keyId: 'key_ci', limits: [{ windowSeconds: 60, quota: 5 }], uses: 'left' });
    await list(bearer(secret));
    expect(platform.keys.charges).toEqual([{ subjects: ['key:key_ci'], cost: 1 }]);
    expect(platform.keys.spent.at(-1)).toEqual({ keyId: 'key_ci', cost: 1 });
  });

  it.each(['keys', 'limits'] as const)('is answered 503 while %s cannot be asked, and lets nobody in', async (part) => {
    platform.keys.down = part;
    const answer = await issue(bearer(key({ limits: [{ windowSeconds: 60, quota: 5 }] })));
    expect([...outcome(answer), answer.headers['retry-after']]).toEqual([503, 'service_unavailable', '1']);
    expect(platform.world.asked).toEqual([]);
  });

  it('costs nothing where it cannot be a key: nobody is asked', async () => {
    const good = key();
    for (const text of ['ghm_', 'ghm_x', good.slice(0, -1), `${good}0`, `${good.slice(0, -1)}-`]) {
      expect(outcome(await list(bearer(text)))).toEqual([401, 'key_invalid']);
    }
    expect([platform.keys.asked, platform.world.asked]).toEqual([0, []]);
  });

  it('is read from the Authorization header only, and is in no log [H-029]', async () => {
    const secret = key();
    expect((await platform.send({ path: `/api/v1/keys?access_token=${secret}` })).status).toBe(401);
    expect((await list(['x-api-key', secret])).status).toBe(401);
    expect((await list(['cookie', `gatehouse_session=${secret}`])).status).toBe(401);
    await list(bearer(secret));
    expect(platform.lines.join('\n')).not.toContain(secret);
  });
});
