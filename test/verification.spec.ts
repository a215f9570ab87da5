import { startExampleUpstream } from '@gatehouse/example-upstream/upstream.server';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { type Platform, startStandalonePlatform } from '@gatehouse/testing/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: Record<string, unknown>;
}
interface Created {
  readonly id: string;
  readonly key: string;
}

/** Verification, what holders may ask, and management keys: over HTTP, with everything behind them. */
describe('the platform, to those who ask about keys', () => {
  let platform: Platform;
  let example: { readonly url: string; stop(): Promise<void> };
  let token: string;

  beforeAll(async () => {
    example = await startExampleUpstream({ port: 0, host: '127.0.0.1' });
    platform = await startStandalonePlatform({
      exampleUpstreamUrl: example.url,
      configuration: `
apis:
  - { name: exante, profile: exante, upstream: example, plans: { free: { key: { day: 3 } } } }
  - { name: exante-2, profile: exante, upstream: example }
  - { name: xantly, profile: xantly, upstream: example }
`,
    });
    const signedIn = await fetch(`${platform.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(platform.admin),
    });
    ({ access_token: token } = (await signedIn.json()) as { access_token: string });
  });
  afterAll(async () => {
    await platform?.stop();
    await example?.stop();
  });

  async function send(method: string, path: string, credential?: string, body?: object): Promise<Answer> {
    const answer = await fetch(`${platform.url}${path}`, {
      method,
      headers: {
        ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, text, json: text === '' ? {} : JSON.parse(text) };
  }
  const post = (path: string, body: object = {}, credential: string | undefined = token) =>
    send('POST', path, credential, body);
  const create = async (more: object = {}, credential = token): Promise<Created> => {
    const { status, text, json } = await post(
      '/api/v1/keys',
      { api: 'exante', name: 'test', scopes: ['invoices.read'], ...more },
      credential,
    );
    if (status !== 201) throw new Error(`not created: ${status} ${text}`);
    return json as unknown as Created;
  };
  const verify = async (key: string, more: object = {}, credential = token) =>
    (await post('/api/v1/keys/verify', { key, ...more }, credential)).json;
  const throughGateway = async (key: string) =>
    (await fetch(`${platform.url}/apis/exante/api/invoices`, { headers: { authorization: `Bearer ${key}` } })).status;

  it('answers each state of a key with its code', async () => {
    const { key } = await create({ metadata: { team: 'a' }, remaining_uses: 5 });
    expect(await verify(key, { cost: 0 })).toMatchObject({
      valid: true,
      code: 'VALID',
      api: 'exante',
      metadata: { team: 'a' },
      plan: 'free',
      remaining_uses: 5,
      limits: [{ subject: 'key', window_seconds: 86_400, quota: 3, remaining: 3 }],
    });
    const codes: Record<string, unknown> = {};
    const say = async (name: string, asked: string, more: object = {}) => {
      codes[name] = (await verify(asked, more))['code'];
    };
    await say('permissions', key, { permissions: 'invoices.read AND (invoices.write OR admin.*)' });
    await say('other API', key, { api: 'exante-2' });
    await say('other form', key, { api: 'xantly' });
    await say('other environment', key, { environment: 'test' });
    await say('unknown', `${key.slice(0, -6)}000000`);
    await say('garbage', 'x');

    const disabled = await create();
    await post(`/api/v1/keys/${disabled.id}/disable`);
    await say('disabled', disabled.key);
    const revoked = await create();
    await post(`/api/v1/keys/${revoked.id}/revoke`);
    await say('revoked', revoked.key);
    const rotated = await create();
    await post(`/api/v1/keys/${rotated.id}/rotate`, { grace_seconds: 0 });
    await say('rotated', rotated.key);
    const bound = await create({ allowed_ips: ['192.0.2.0/24'] });
    await say('elsewhere', bound.key, { address: '198.51.100.1' });
    await say('there', bound.key, { address: '192.0.2.1' });
    const used = await create({ remaining_uses: 1 });
    await say('last use', used.key);
    await say('no use left', used.key);
    const expiring = await create({ expires_at: new Date(Date.now() + 3_000).toISOString() });
    await waitUntil(
      'the key to expire',
      async () => (await verify(expiring.key, { cost: 0 }))['code'] === 'EXPIRED',
      10_000,
    );
    expect(codes).toEqual({
      permissions: 'INSUFFICIENT_PERMISSIONS',
      'other API': 'FORBIDDEN',
      'other form': 'FORBIDDEN',
      'other environment': 'FORBIDDEN',
      unknown: 'MALFORMED',
      garbage: 'MALFORMED',
      disabled: 'DISABLED',
      revoked: 'REVOKED',
      rotated: 'ROTATED',
      elsewhere: 'IP_NOT_ALLOWED',
      there: 'VALID',
      'last use': 'VALID',
      'no use left': 'USAGE_EXCEEDED',
    });
  });

  it('refuses the keys of a suspended organization, management keys among them, until it is resumed', async () => {
    const { key } = await create();
    const management = await create({ api: 'gatehouse', scopes: ['keys.read'] });
    const list = async () => (await send('GET', '/api/v1/keys', management.key)).status;
    const { organization_id: organization } = await verify(key, { cost: 0 });
    expect(await list()).toBe(200);
    await post(`/api/v1/orgs/${organization}/suspend`);
    expect(await verify(key)).toMatchObject({ valid: false, code: 'ORG_SUSPENDED' });
    expect(await list()).toBe(403);
    await post(`/api/v1/orgs/${organization}/resume`);
    expect(await verify(key)).toMatchObject({ valid: true });
    expect(await list()).toBe(200);
  });

  it('counts a verification and a request through the gateway on the same counters', async () => {
    const { key } = await create();
    expect(await verify(key, { cost: 2 })).toMatchObject({ limits: [{ remaining: 1 }] });
    expect(await throughGateway(key)).toBe(200);
    expect(await throughGateway(key)).toBe(429);
    const limited = await verify(key);
    expect(limited).toMatchObject({ valid: false, code: 'RATE_LIMITED', limits: [{ remaining: 0 }] });
    expect(limited['retry_after']).toBeGreaterThan(0);
    expect(await verify(key, { cost: 0 })).toMatchObject({ valid: true, limits: [{ remaining: 0 }] });
  });

  it('answers a batch in its order, each as it would be alone', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => create()));
    const questions = keys.flatMap(({ key }, index) => [{ key, cost: 0 }, { key: `x${index}` }]);
    const { status, json } = await post('/api/v1/keys/verify-batch', { keys: questions });
    expect(status).toBe(200);
    expect((json['data'] as { key_id: string | null }[]).map((answer) => answer.key_id)).toEqual(
      keys.flatMap(({ id }) => [id, null]),
    );
  });

  it('counts verifications as uses of the key, marked as such, beside those of the gateway', async () => {
    const { id, key } = await create({ scopes: ['invoices.read', 'invoices.write'] });
    // A busy machine may answer 503 to either, which is no use of the key.
    await waitUntil('a request', async () => (await throughGateway(key)) === 200, 30_000);
    const usage = async () => (await send('GET', `/api/v1/keys/${id}/usage?days=1`, token)).json;
    await waitUntil('the request to be counted', async () => (await usage())['last_used'] !== null, 30_000);
    let verified = 0;
    const verifyOnce = async () => {
      const { valid } = await verify(key, { cost: 0, address: '192.0.2.77', permissions: 'invoices.write' });
      if (valid === true) verified++;
      return verified === 20;
    };
    await waitUntil('20 verifications', verifyOnce, 30_000);
    await waitUntil(
      'the verifications to be counted',
      async () => ((await usage())['totals'] as { requests: number }).requests === 21,
      30_000,
    );
    expect(await usage()).toMatchObject({
      totals: { requests: 21, refused: 0, cost: 1 },
      last_used: { address: '192.0.2.77', route: 'verification' },
      secrets: [{ generation: 1, uses: 21 }],
    });
    const { json: log } = await send('GET', `/api/v1/keys/${id}/requests?limit=1`, token);
    expect(log['data']).toMatchObject([{ route: 'verification', outcome: 'VALID', path: '/api/v1/keys/verify' }]);
    const { json: scopes } = await send('GET', `/api/v1/keys/${id}/scopes?days=1`, token);
    expect(scopes['proposed']).toContain('invoices.write');
  }, 90_000);

  it('lets a holder look at the key and end it, everywhere at once', async () => {
    const { id, key } = await create();
    expect(await throughGateway(key)).toBe(200);
    const whoami = () => post('/api/v1/keys/whoami', {}, key);
    expect((await whoami()).json).toMatchObject({ valid: true, key_id: id, limits: [{ remaining: 2 }] });
    const ended = await post('/api/v1/keys/self-revoke', { reason: 'leaked' }, key);
    expect(ended.json).toMatchObject({ key_id: id, state: 'revoked', revocation_reason: 'leaked' });
    const after = await Promise.all(Array.from({ length: 50 }, () => throughGateway(key)));
    expect(new Set(after)).toEqual(new Set([401]));
    expect((await whoami()).json).toMatchObject({ valid: false, code: 'REVOKED' });
    expect((await post('/api/v1/keys/self-revoke', { reason: 'again' }, key)).json).toEqual(ended.json);
    expect((await send('GET', `/api/v1/keys/${id}`, token)).json).toMatchObject({ revocation_reason: 'leaked' });
    const unknown = await post('/api/v1/keys/self-revoke', {}, 'x');
    expect([unknown.status, unknown.json['code']]).toEqual([401, 'key_invalid']);
  });

  describe('with a management key', () => {
    const managementKey = (scopes: readonly string[], more: object = {}, credential = token) =>
      create({ api: 'gatehouse', scopes, ...more }, credential);

    it('does what its scopes say, and no more', async () => {
      const { key: writer } = await managementKey(['keys.write', 'keys.read']);
      const { key: verifier } = await managementKey(['keys.verify']);
      const { key: planner } = await managementKey(['projects.read', 'projects.write']);
      expect(writer).toMatch(/^ghm_[0-9A-Za-z]{49}$/);

      const made = await create({ name: 'made by a key' }, writer);
      expect(await verify(made.key, {}, verifier)).toMatchObject({ valid: true, name: 'made by a key' });
      expect((await send('GET', `/api/v1/keys/${made.id}`, writer)).status).toBe(200);
      expect((await post(`/api/v1/keys/${made.id}/rotate`, {}, writer)).json['key']).toMatch(/^ex_live_/);
      expect((await post(`/api/v1/keys/${made.id}/revoke`, {}, writer)).status).toBe(200);
      expect((await post('/api/v1/projects', { name: 'Robots' }, planner)).status).toBe(201);
      expect((await send('GET', '/api/v1/projects', planner)).text).toContain('Robots');

      for (const [method, path, credential] of [
        ['GET', '/api/v1/keys', verifier],
        ['POST', '/api/v1/keys', verifier],
        ['POST', `/api/v1/keys/${made.id}/revoke`, planner],
        ['POST', '/api/v1/keys/verify', writer],
        ['POST', '/api/v1/projects', writer],
        ['GET', '/api/v1/projects', verifier],
        ['GET', '/auth/session', writer],
        ['GET', '/api/v1/orgs', writer],
        ['POST', '/auth/logout', writer],
      ] as const) {
        const answer = await send(method, path, credential, method === 'POST' ? {} : undefined);
        expect([method, path, answer.status, answer.json['code']]).toEqual([method, path, 403, 'permission_denied']);
      }
    });

    it('makes no key that may do more than itself, in no way', async () => {
      const { key: writer, id } = await managementKey(['keys.write']);
      const { id: strong } = await managementKey(['keys.write', 'projects.write']);
      for (const [method, path, body] of [
        ['POST', '/api/v1/keys', { api: 'gatehouse', name: 'more', scopes: ['projects.write'] }],
        ['POST', '/api/v1/keys', { api: 'gatehouse', name: 'more', scopes: ['*'] }],
        ['PATCH', `/api/v1/keys/${id}`, { scopes: ['keys.write', 'keys.read'] }],
        ['POST', `/api/v1/keys/${strong}/rotate`, {}],
        ['PATCH', `/api/v1/keys/${strong}`, { name: 'mine' }],
        ['POST', `/api/v1/keys/${strong}/enable`, {}],
      ] as const) {
        const answer = await send(method, path, writer, body);
        expect([method, path, answer.status, answer.json['code']]).toEqual([method, path, 403, 'permission_denied']);
      }
      await managementKey(['keys.write'], {}, writer);
    });

    it('is refused from the moment on in which it is revoked, disabled, or at home elsewhere', async () => {
      const list = async (key: string) => (await send('GET', '/api/v1/keys', key)).status;
      const { id, key } = await managementKey(['keys.read']);
      expect(await list(key)).toBe(200);
      await post(`/api/v1/keys/${id}/disable`);
      expect(await list(key)).toBe(401);
      await post(`/api/v1/keys/${id}/enable`);
      expect(await list(key)).toBe(200);
      await post(`/api/v1/keys/${id}/revoke`);
      expect(new Set(await Promise.all(Array.from({ length: 20 }, () => list(key))))).toEqual(new Set([401]));
      const elsewhere = await managementKey(['keys.read'], { allowed_ips: ['192.0.2.1'] });
      expect(await list(elsewhere.key)).toBe(403);
      const own = await managementKey(['keys.read']);
      expect((await post('/api/v1/keys/self-revoke', {}, own.key)).status).toBe(200);
      expect(await list(own.key)).toBe(401);
    });

    it('keeps to limits and uses of its own', async () => {
      const { key } = await managementKey(['keys.read'], { limits: { day: 2 }, remaining_uses: 10 });
      const answers = [];
      for (let request = 0; request < 3; request++) answers.push(await send('GET', '/api/v1/keys', key));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect(answers[2]?.json['code']).toBe('rate_limited');
      expect((await post('/api/v1/keys/whoami', {}, key)).json).toMatchObject({ remaining_uses: 8 });
    });

    it('is for the management API alone: nothing is published under its name', async () => {
      const { key } = await managementKey(['keys.read']);
      expect((await send('GET', '/apis/gatehouse/', key)).status).toBe(404);
      expect(await throughGateway(key)).toBe(401);
      expect((await send('GET', '/api/v1/apis')).text).not.toContain('ghm_');
      const { key: published } = await create();
      expect((await send('GET', '/api/v1/keys', published)).status).toBe(401);
    });
  });

  it('writes no secret into its log', async () => {
    const { key } = await create();
    await verify(key);
    await post('/api/v1/keys/whoami', {}, key);
    await post('/api/v1/keys/self-revoke', {}, key);
    expect(platform.output()).not.toContain(key);
    expect(platform.output()).not.toMatch(/ghm_[0-9A-Za-z]{20}|ex_live_[0-9A-Za-z]{20}/);
  });
});
