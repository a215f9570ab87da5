import { type Platform, startStandalonePlatform } from '@gatehouse/testing/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Administrator, signInAdministrator } from './administrator.js';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';

/** The ways in which the keys of other products were abused, tried on ours over HTTP. */
describe('somebody who means harm, with keys', () => {
  let upstream: CountingUpstream;
  let platform: Platform;
  let administrator: Administrator;
  const api = (path = '/') => `${platform.url}/apis/open${path}`;
  const keysUrl = () => `${platform.url}/api/v1/keys`;
  const request = (url: string, init: RequestInit = {}) => fetch(url, init);
  const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const newKey = { api: 'open', name: 'mine', scopes: [] };

  beforeAll(async () => {
    upstream = await startCountingUpstream();
    platform = await startStandalonePlatform({
      exampleUpstreamUrl: upstream.url,
      environment: { LOG_LEVEL: 'debug' },
      configuration: `
apis:
  - name: open
    profile: exante
    upstream: "${upstream.url}"
    plans: { free: { key: {}, organization: {} } }
    routes: [{ match: GET /invoices, scopes: [invoices.read] }, { match: "* /**" }]
`,
    });
    administrator = await signInAdministrator(platform);
  });

  afterAll(async () => {
    await platform?.stop();
    await upstream?.stop();
  });

  it('[H-017] creates no key without a session, nor one that belongs to somebody else', async () => {
    for (const forged of [
      { userId: 'acc_1' },
      { owner_id: 'acc_1' },
      { created_by: 'acc_1' },
      { id: 'key_1' },
      { key: 'ex_live_x' },
    ]) {
      expect((await request(keysUrl(), json({ ...newKey, ...forged }))).status).toBe(401);
      const answer = await administrator.send('POST', '/api/v1/keys', { ...newKey, ...forged });
      expect(answer).toMatchObject({ status: 422, json: { code: 'validation_error' } });
    }
    const foreign = await administrator.send('POST', '/api/v1/keys', {
      ...newKey,
      organization: 'org_AAAAAAAAAAAAAAAAAAAAAA',
    });
    expect(foreign).toMatchObject({ status: 403, json: { code: 'permission_denied' } });
  });

  it('[H-018] [H-019] changes nothing about a key that is not for changing, and revives none', async () => {
    const { id, key } = await administrator.createKey('open');
    const before = (await administrator.send('GET', `/api/v1/keys/${id}`)).json;
    const fields = [
      { organization_id: 'org_x' },
      { owner_id: 'acc_x' },
      { state: 'active' },
      { revoked_at: null },
      { secret_hmac: 'x' },
      { created_at: '2020-01-01T00:00:00Z' },
      { api: 'other' },
      { environment: 'test' },
      { revision: 99 },
    ];
    for (const field of fields) {
      expect((await administrator.send('PATCH', `/api/v1/keys/${id}`, field)).status).toBe(422);
    }
    expect((await administrator.send('GET', `/api/v1/keys/${id}`)).json).toEqual(before);
    expect(await administrator.revokeKey(id)).toBe(200);
    for (const [method, path, body] of [
      ['PATCH', '', { name: 'back' }],
      ['POST', '/enable', {}],
      ['POST', '/disable', {}],
      ['POST', '/rotate', {}],
      ['POST', '/rotate/cancel', {}],
    ] as const) {
      const answer = await administrator.send(method, `/api/v1/keys/${id}${path}`, body);
      expect([path, answer.status, answer.json['code']]).toEqual([path, 409, 'key_revoked']);
    }
    expect((await request(api(), { headers: { authorization: `Bearer ${key}` } })).status).toBe(401);
  });

  it('[H-022] creates no key with a session that has just ended', async () => {
    const login = await request(`${platform.url}/auth/login`, json(platform.admin));
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const session = (await (await request(`${platform.url}/auth/session`, { headers: { cookie } })).json()) as {
      csrf_token: string;
    };
    const headers = { cookie, 'x-csrf-token': session.csrf_token };
    expect((await request(keysUrl(), json(newKey, headers))).status).toBe(201);
    expect((await request(`${platform.url}/auth/logout`, json({}, headers))).status).toBeLessThan(300);
    expect((await request(keysUrl(), json(newKey, headers))).status).toBe(401);
  });

  it('[H-024] widens no scope by spelling it otherwise', async () => {
    const spellings = [
      'admin',
      'invoices.READ',
      'invoices.read invoices.write',
      'invoices.read,invoices.write',
      'invoices.read\u0000admin',
      ' invoices.read',
      'invoices.r*',
      'invoices.',
      '',
      'ｉnvoices.read',
    ];
    for (const scope of spellings) {
      const answer = await administrator.send('POST', '/api/v1/keys', { ...newKey, scopes: [scope] });
      expect([scope, answer.status]).toEqual([scope, 422]);
    }
    const many = Array.from({ length: 10_000 }, () => 'invoices.read');
    expect(
      (await administrator.send('POST', '/api/v1/keys', { ...newKey, scopes: many })).status,
    ).toBeGreaterThanOrEqual(413);
    const twice = await administrator.send('POST', '/api/v1/keys', {
      ...newKey,
      scopes: ['invoices.read', 'invoices.read'],
    });
    expect(twice.json['scopes']).toEqual(['invoices.read']);
  });

  it('[H-025] gets one decision for one key, however it asks', async () => {
    const { id, key } = await administrator.createKey('open');
    const basic = Buffer.from(`${key}:`).toString('base64');
    const asks: [string, RequestInit, number][] = [
      ['GET', { headers: { authorization: `Bearer ${key}` } }, 403],
      ['HEAD', { method: 'HEAD', headers: { authorization: `bearer ${key}` } }, 403],
      ['Basic', { headers: { authorization: `Basic ${basic}` } }, 401],
      ['X-API-Key, which this profile does not have', { headers: { 'x-api-key': key } }, 401],
      ['cookie', { headers: { cookie: `authorization=Bearer ${key}` } }, 401],
      ['body', json({ authorization: `Bearer ${key}` }), 401],
    ];
    for (const [how, init, status] of asks) {
      expect([how, (await request(api('/invoices'), init)).status]).toEqual([how, status]);
    }
    const query = `?api_key=${key}&access_token=${key}&authorization=Bearer+${key}`;
    expect((await request(`${api('/invoices')}${query}`)).status).toBe(401);
    expect(upstream.requestsOf(id)).toBe(0);
  });

  it('[H-029] leaves no key in the log, wherever it was sent', async () => {
    const { key } = await administrator.createKey('open');
    const places: [string, RequestInit][] = [
      [`${api()}?key=${key}`, {}],
      [api(`/${key}`), {}],
      [api(), { headers: { cookie: `k=${key}` } }],
      [api(), { headers: { authorization: `Basic ${key}` } }],
      [api(), { headers: { 'x-anything': key, 'user-agent': key, referer: `https://a.example/${key}` } }],
      [api(), json({ key })],
      [`${platform.url}/api/v1/keys?cursor=${key}`, { headers: { authorization: `Bearer ${key}` } }],
      [`${platform.url}/api/v1/keys/${key}`, { headers: { authorization: `Bearer ${key}` } }],
      [`${platform.url}/nowhere/${key}`, {}],
    ];
    for (const [url, init] of places) await request(url, init);
    expect(platform.output()).toContain('management request');
    expect(platform.output()).not.toContain(key);
    expect(platform.output()).not.toContain(key.slice(8, 40));
  });

  it.each([
    ['now', () => new Date().toISOString()],
    ['the past', () => '2020-01-01T00:00:00Z'],
    ['beyond the year 9999', () => '+010000-01-01T00:00:00Z'],
    ['before the year 1', () => '-000001-01-01T00:00:00Z'],
    ['a leap second', () => '2026-12-31T23:59:60Z'],
    ['a day that is not there', () => '2027-02-30T00:00:00Z'],
    ['a number', () => 4_102_444_800],
    ['a word', () => 'never'],
    ['no zone', () => '2030-01-01T00:00:00'],
  ])('[H-031] sets no expiry to %s', async (_, moment) => {
    const answer = await administrator.send('POST', '/api/v1/keys', { ...newKey, expires_at: moment() });
    expect(answer).toMatchObject({ status: 422, json: { errors: { expires_at: expect.any(String) } } });
  });

  it('[K-06] reaches nothing of the management API with a key of a published API', async () => {
    const { id, key } = await administrator.createKey('open', ['invoices.read']);
    const headers = { authorization: `Bearer ${key}` };
    for (const path of ['/api/v1/keys', `/api/v1/keys/${id}`, '/api/v1/orgs', '/api/v1/projects', '/auth/session']) {
      expect([path, (await request(`${platform.url}${path}`, { headers })).status]).toEqual([path, 401]);
    }
    expect((await request(keysUrl(), json(newKey, headers))).status).toBe(401);
  });
});
