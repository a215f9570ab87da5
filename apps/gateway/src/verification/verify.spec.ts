import * as identity from '@gatehouse/contracts/identity';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ORGANIZATIONS } from '../management/fake-world.conformance.js';
import { type PlatformUnderTest, startPlatformUnderTest } from '../management/platform-under-test.conformance.js';

const [OWN, OTHER] = ORGANIZATIONS;
const NOBODY = {
  valid: false,
  key_id: null,
  name: null,
  api: null,
  organization_id: null,
  project_id: null,
  environment: null,
  scopes: [],
  metadata: {},
  plan: null,
  expires_at: null,
  limits: [],
};

describe('POST /api/v1/keys/verify', () => {
  let platform: PlatformUnderTest;
  let bearer: readonly string[];
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
    ({ bearer } = await platform.signIn('developer@example.com'));
  });
  afterAll(() => platform.stop());
  beforeEach(() => {
    platform.keys.down = undefined;
    platform.keys.refusedForSeconds = undefined;
    platform.keys.charges.length = 0;
    platform.keys.uses.length = 0;
    platform.world.asked.length = 0;
  });

  const post = (body: string | object, headers: readonly string[] = bearer, path = '/api/v1/keys/verify') =>
    platform.send({ method: 'POST', path, headers, body });
  const add = (facts: Partial<KeyFacts> = {}) =>
    platform.keys.add('exante', { organizationId: OWN, scopes: ['invoices.read'], ...facts });

  it('tells whose key it is, what it may do and how its limits stand', async () => {
    const key = add({
      name: 'Billing',
      metadata: { team: 'a' },
      expiresAtMs: Date.UTC(2026, 5, 1),
      projectId: 'prj_CCCCCCCCCCCCCCCCCCCCCC',
    });
    const answer = await post({ key });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      valid: true,
      code: 'VALID',
      message: 'The key is valid.',
      key_id: expect.stringMatching(/^key_\d+$/),
      name: 'Billing',
      api: 'exante',
      organization_id: OWN,
      project_id: 'prj_CCCCCCCCCCCCCCCCCCCCCC',
      environment: 'live',
      scopes: ['invoices.read'],
      metadata: { team: 'a' },
      plan: 'free',
      expires_at: '2026-06-01T00:00:00.000Z',
      limits: [
        { subject: 'key', window_seconds: 1, quota: 5, remaining: 4, reset_at: '2026-01-15T12:01:00.000Z' },
        { subject: 'key', window_seconds: 60, quota: 60, remaining: 59, reset_at: '2026-01-15T12:01:00.000Z' },
      ],
    });
  });

  it('answers 200 with the state of a key whose secret was right', async () => {
    for (const [facts, code] of [
      [{ state: 'revoked' }, 'REVOKED'],
      [{ expiresAtMs: 1 }, 'EXPIRED'],
      [{ organizationSuspended: true }, 'ORG_SUSPENDED'],
    ] as const) {
      const answer = await post({ key: add({ ...facts, name: 'Billing' }) });
      expect([answer.status, answer.json]).toEqual([
        200,
        expect.objectContaining({ valid: false, code, name: 'Billing' }),
      ]);
    }
  });

  it('says when to try again where a limit is used up', async () => {
    platform.keys.refusedForSeconds = 17;
    expect((await post({ key: add() })).json).toMatchObject({ valid: false, code: 'RATE_LIMITED', retry_after: 17 });
  });

  it('tells how many uses are left, where they are counted', async () => {
    expect((await post({ key: add({ uses: 'left' }), cost: 3 })).json).toMatchObject({
      valid: true,
      remaining_uses: 7,
    });
    expect((await post({ key: add() })).json).not.toHaveProperty('remaining_uses');
  });

  it('counts as a use of the key, marked as a verification, from where the asker says that it is used', async () => {
    const scopes = ['invoices.read', 'invoices.write', 'a.read'];
    const key = add({ keyId: 'key_used', scopes, secret: { generation: 3, endsAtMs: 4e12 } });
    await post({ key, address: '192.0.2.7', permissions: 'invoices.read AND (b.read OR a.*)', cost: 2 }, [
      ...bearer,
      'user-agent',
      'checker/1',
    ]);
    expect(platform.keys.uses).toEqual([
      {
        keyId: 'key_used',
        generation: 3,
        retiring: true,
        requestId: expect.stringMatching(/^req_\w+$/),
        atMs: expect.any(Number),
        address: '192.0.2.7',
        userAgent: 'checker/1',
        method: 'POST',
        path: '/api/v1/keys/verify',
        route: 'verification',
        scopesNeeded: ['invoices.read', 'a.read'],
        cost: 2,
        allowed: true,
        logged: false,
        status: 200,
        outcome: 'VALID',
      },
    ]);
    await post({ key });
    expect(platform.keys.uses[1]).toMatchObject({ address: '127.0.0.1', scopesNeeded: [], cost: 1 });
  });

  it('counts as a refused use where the key is not good, and as none where it is nobody’s business', async () => {
    await post({ key: add({ state: 'revoked' }) });
    await post({ key: add(), permissions: 'admin' });
    expect(platform.keys.uses).toMatchObject([
      { allowed: false, outcome: 'REVOKED' },
      { allowed: false, outcome: 'INSUFFICIENT_PERMISSIONS', scopesNeeded: [] },
    ]);
    platform.keys.uses.length = 0;
    await post({ key: 'x' });
    await post({ key: platform.keys.unknown('exante') });
    await post({ key: add({ organizationId: OTHER }) });
    platform.keys.down = 'keys';
    expect((await post({ key: add() })).status).toBe(503);
    expect(platform.keys.uses).toEqual([]);
  });

  it('counts each question of a batch, also where two are about one key', async () => {
    const key = add({ keyId: 'key_twice' });
    await post({ keys: [{ key }, { key: 'x' }, { key, address: '192.0.2.9' }] }, bearer, '/api/v1/keys/verify-batch');
    const [first, second, ...more] = platform.keys.uses;
    expect([first, second]).toMatchObject([
      { keyId: 'key_twice', address: '127.0.0.1', path: '/api/v1/keys/verify-batch' },
      { keyId: 'key_twice', address: '192.0.2.9' },
    ]);
    expect(first?.requestId).not.toBe(second?.requestId);
    expect(more).toEqual([]);
  });

  it('answers every key that the caller may not know of with the same bytes', async () => {
    const secrets = [
      platform.keys.unknown('exante'),
      platform.keys.unknown('gatehouse'),
      add({ organizationId: OTHER }),
      add({ organizationId: OTHER, state: 'revoked' }),
      add({ organizationId: OTHER, expiresAtMs: 1, allowedAddresses: ['192.0.2.1'] }),
    ];
    const answers = await Promise.all(secrets.map((key) => post({ key })));
    for (const { status, text, headers } of answers) {
      expect([status, text]).toEqual([200, answers[0]?.text]);
      expect(withoutRequest(headers)).toEqual(withoutRequest(answers[0]?.headers ?? {}));
    }
    expect(answers[0]?.json).toEqual({ ...NOBODY, code: 'NOT_FOUND', message: 'There is no such key.' });
    expect(platform.keys.charges).toEqual([]);
  });

  it('says MALFORMED of what cannot be a key, whatever it is', async () => {
    const texts = ['', ' ', 'sk-x', '\0', `${add()}x`, '\ud800', 'x'.repeat(50_000)];
    for (const key of texts) {
      const { status, json } = await post({ key });
      expect([status, json]).toEqual([200, expect.objectContaining({ ...NOBODY, code: 'MALFORMED' })]);
    }
  });

  it('asks for permissions, API, environment, project and address', async () => {
    const key = add({ scopes: ['invoices.read', 'a.b'], allowedAddresses: ['2001:db8::/32'], projectId: 'prj_1' });
    const good = { key, address: '2001:db8::1' };
    for (const [asked, code] of [
      [{ permissions: 'invoices.read and (x or a.*)' }, 'VALID'],
      [{ permissions: 'invoices.read and x' }, 'INSUFFICIENT_PERMISSIONS'],
      [{ api: 'exante', environment: 'live', project: 'prj_1' }, 'VALID'],
      [{ api: 'gatehouse' }, 'FORBIDDEN'],
      [{ environment: 'test' }, 'FORBIDDEN'],
      [{ project: 'prj_2' }, 'FORBIDDEN'],
      // Of the slug, identity says which project it is.
      [{ project: 'default' }, 'FORBIDDEN'],
      [{ address: '2001:db9::1' }, 'IP_NOT_ALLOWED'],
      [{ address: undefined }, 'IP_NOT_ALLOWED'],
    ] as const) {
      expect([asked, (await post({ ...good, ...asked })).json]).toEqual([asked, expect.objectContaining({ code })]);
    }
  });

  it('charges the cost that is named, 1 where none is, and nothing for 0', async () => {
    for (const cost of [undefined, 1, 7, 0]) await post({ key: add(), cost });
    expect(platform.keys.charges.map(({ cost }) => cost)).toEqual([1, 1, 7, 0]);
  });

  it.each(['keys', 'limits'] as const)('answers 503 and when to try again while %s cannot be asked', async (part) => {
    platform.keys.down = part;
    const answer = await post({ key: add() });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(answer.json).toMatchObject({ code: 'service_unavailable' });
    expect(answer.text).not.toContain('valid');
  });

  it.each([
    ['no key', {}, 'key'],
    ['a key that is no text', { key: 1 }, 'key'],
    ['an unknown field', { key: 'x', secret: 'y' }, 'secret'],
    ['an API that is not published', { key: 'x', api: 'nope' }, 'api'],
    ['an API that only JavaScript knows', { key: 'x', api: 'constructor' }, 'api'],
    ['a project that is not there', { key: 'x', project: 'nope' }, 'project'],
    ['an address that is none', { key: 'x', address: '192.0.2.0/24' }, 'address'],
    ['a negative cost', { key: 'x', cost: -1 }, 'cost'],
    ['half a cost', { key: 'x', cost: 0.5 }, 'cost'],
    ['permissions that are no query', { key: 'x', permissions: 'a AND' }, 'permissions'],
    ['no permissions at all', { key: 'x', permissions: '' }, 'permissions'],
    ['permissions as a list', { key: 'x', permissions: ['a'] }, 'permissions'],
  ])('refuses %s, and names the field', async (_name, body, field) => {
    const answer = await post(body);
    expect([answer.status, answer.json]).toEqual([422, expect.objectContaining({ code: 'validation_error' })]);
    expect(Object.keys((answer.json as { errors: object }).errors)).toEqual([field]);
  });

  it('points at the place where permissions stop being a query', async () => {
    const { json } = await post({ key: 'x', permissions: 'a AND (b OR *)' });
    expect(json).toMatchObject({ errors: { permissions: 'character 13 is not the name of a scope' } });
  });

  it('is for those who may verify, in their organization', async () => {
    const key = add();
    for (const email of ['owner@example.com', 'developer@example.com']) {
      expect((await post({ key }, (await platform.signIn(email)).bearer)).json).toMatchObject({ code: 'VALID' });
    }
    expect((await post({ key }, (await platform.signIn('viewer@example.com')).bearer)).status).toBe(403);
    expect((await post({ key }, [])).status).toBe(401);
    const { cookie } = await platform.signIn('owner@example.com');
    expect((await post({ key }, cookie)).status).toBe(403);
  });

  it('writes no secret into the log', async () => {
    const [known, unknown] = [add(), platform.keys.unknown('exante')];
    await post({ key: known });
    await post({ key: unknown });
    await post({ key: known, permissions: '(' });
    expect(platform.lines.join('\n')).not.toContain(known);
    expect(platform.lines.join('\n')).not.toContain(unknown);
  });

  describe('and verify-batch', () => {
    const batch = (keys: unknown) => post({ keys }, bearer, '/api/v1/keys/verify-batch');

    it('answers up to a hundred, in the order of the questions', async () => {
      const names = Array.from({ length: 100 }, (_, index) => `Key ${index}`);
      const { status, json } = await batch(names.map((name) => ({ key: add({ name }) })));
      expect(status).toBe(200);
      expect((json as { data: { name: string }[] }).data.map(({ name }) => name)).toEqual(names);
    });

    it('answers each as if it had come alone', async () => {
      const questions = [
        { key: add(), permissions: 'invoices.read', cost: 0 },
        { key: add(), permissions: 'x' },
        { key: platform.keys.unknown('exante') },
        { key: 'x' },
        { key: add({ state: 'disabled' }) },
        { key: add(), project: 'default' },
        { key: add({ projectId: 'prj_CCCCCCCCCCCCCCCCCCCCCC' }), project: 'default', cost: 0 },
      ];
      const { data } = (await batch(questions)).json as { data: unknown[] };
      const alone = [];
      for (const question of questions) alone.push((await post(question)).json);
      expect(data).toEqual(alone);
    });

    it('asks identity once for a project, however often it is named', async () => {
      await batch(Array.from({ length: 20 }, () => ({ key: add(), project: 'default' })));
      expect(platform.world.of(identity.findProject.subject)).toHaveLength(1);
    });

    it('answers 503 where one of them could not be found out', async () => {
      platform.keys.down = 'keys';
      const answer = await batch([{ key: 'x' }, { key: add() }]);
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    });

    it.each<[string, unknown, string]>([
      ['no keys', [], 'keys'],
      ['more than a hundred', Array.from({ length: 101 }, () => ({ key: 'x' })), 'keys'],
      ['texts', ['x'], 'keys.0'],
      ['an unknown field in one', [{ key: 'x' }, { key: 'x', foo: 1 }], 'keys.1.foo'],
      ['an API that is not published in one', [{ key: 'x' }, { key: 'x', api: 'nope' }], 'keys.1.api'],
      ['a project that is not there in one', [{ key: 'x', project: 'nope' }], 'keys.0.project'],
      ['permissions that are no query in one', [{ key: 'x', permissions: ')' }], 'keys.0.permissions'],
    ])('refuses %s, and charges nobody', async (_name, keys, field) => {
      const answer = await batch(keys);
      expect(answer.status).toBe(422);
      expect(Object.keys((answer.json as { errors: object }).errors)).toEqual([field]);
      expect(platform.keys.charges).toEqual([]);
    });
  });
});

/** What differs between any two requests. */
function withoutRequest({ 'x-request-id': _id, date: _date, ...rest }: Record<string, unknown>) {
  return rest;
}
