import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { type ClusterPlatform, startClusterPlatform } from '@gatehouse/testing/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Administrator, signInAdministrator } from './administrator.js';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';
import { sendMany } from './load.js';

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** Three gateways and two replicas of keys, separate processes over NATS. */
describe('the life of a key over several gateways', () => {
  let upstream: CountingUpstream;
  let platform: ClusterPlatform;
  let administrator: Administrator;
  const at = (path: string) => platform.urls.map((url) => `${url}${path}`);
  const statusAt = async (key: string, gateway: number, path = '/apis/open/') =>
    (await fetch(`${platform.urls[gateway % platform.urls.length]}${path}`, { headers: bearer(key) })).status;

  beforeAll(async () => {
    upstream = await startCountingUpstream();
    platform = await startClusterPlatform({
      exampleUpstreamUrl: upstream.url,
      replicas: { gateway: 3, keys: 2 },
      configuration: `
apis:
  - name: open
    profile: exante
    upstream: "${upstream.url}"
    plans: { free: { key: {}, organization: {} } }
    routes: [{ match: GET /invoices, scopes: [invoices.read] }, { match: "* /**" }]
  - { name: planned, profile: exante, upstream: "${upstream.url}", plans: { free: { key: { day: 5 } }, pro: { key: { day: 20 } } } }
`,
    });
    administrator = await signInAdministrator(platform);
  });

  afterAll(async () => {
    await platform?.stop();
    await upstream?.stop();
  });

  it('[H-021] lets exactly 100 of 400 requests at once through, over three gateways, for a key with 100 uses', async () => {
    const { id, key } = await administrator.createKey('open', [], { remaining_uses: 100 });
    expect(await sendMany(at('/apis/open/'), 400, 64, bearer(key))).toEqual({ 200: 100, 403: 300 });
    expect(upstream.requestsOf(id)).toBe(100);
  });

  it('[H-030] rotates without one refusal for clients that change over, and ends the old secret when it is finished', async () => {
    const { id, key: old } = await administrator.createKey('open');
    let current = old;
    let over = false;
    const statuses = new Map<number, number>();
    const clients = Array.from({ length: 5 }, async (_value, client) => {
      // Each reads the key anew some requests after it has changed, as a client does that rereads its settings.
      let mine = old;
      for (let sent = 0; !over; sent++) {
        if (sent % (20 + client * 10) === 0) mine = current;
        const status = await statusAt(mine, client + sent);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    await waitUntil('traffic', async () => (statuses.get(200) ?? 0) > 50, 10_000);
    const rotated = await administrator.send('POST', `/api/v1/keys/${id}/rotate`, { grace_seconds: 60 });
    expect(rotated).toMatchObject({ status: 200, json: { id, rotation: { grace_until: expect.any(String) } } });
    current = String(rotated.json['key']);
    for (const gateway of [0, 1, 2]) expect(await statusAt(current, gateway)).toBe(200);
    const seen = statuses.get(200) ?? 0;
    await waitUntil('everybody has changed over', async () => (statuses.get(200) ?? 0) > seen + 600, 30_000);
    over = true;
    await Promise.all(clients);
    expect([...statuses.keys()]).toEqual([200]);
    expect((await administrator.send('POST', `/api/v1/keys/${id}/rotate/finish`)).status).toBe(200);
    expect(await sendMany(at('/apis/open/'), 300, 16, bearer(old))).toEqual({ 401: 300 });
    expect(await sendMany(at('/apis/open/'), 300, 16, bearer(current))).toEqual({ 200: 300 });
  });

  it('holds every change on every gateway when it has returned: disabled, narrowed, moved, enabled', async () => {
    const { id, key } = await administrator.createKey('open', ['invoices.read']);
    const invoices = at('/apis/open/invoices');
    const all = async (status: number) =>
      expect(await sendMany(invoices, 90, 16, bearer(key))).toEqual({ [status]: 90 });
    const change = (changes: object) => administrator.send('PATCH', `/api/v1/keys/${id}`, changes);
    for (let round = 0; round < 3; round++) {
      await all(200);
      await administrator.send('POST', `/api/v1/keys/${id}/disable`);
      await all(401);
      await administrator.send('POST', `/api/v1/keys/${id}/enable`);
      await all(200);
      await change({ scopes: [] });
      await all(403);
      await change({ scopes: ['invoices.read'], allowed_ips: ['192.0.2.0/24'] });
      await all(403);
      await change({ allowed_ips: ['127.0.0.0/8', '::1'] });
    }
    await all(200);
    expect((await administrator.send('DELETE', `/api/v1/keys/${id}`)).status).toBe(204);
    await all(401);
  });

  it('[A9] gives keys that are there the plan of their organization from the moment on that it has it', async () => {
    const { id, key } = await administrator.createKey('planned');
    const organization = String((await administrator.send('GET', `/api/v1/keys/${id}`)).json['organization_id']);
    const limitNow = async () =>
      Number((await fetch(`${platform.url}/apis/planned/`, { headers: bearer(key) })).headers.get('x-ratelimit-limit'));
    const setPlan = (plan: object) => administrator.send('PUT', `/api/v1/orgs/${organization}/plan`, plan);
    expect(await limitNow()).toBe(5);
    expect((await setPlan({ plan: 'pro' })).status).toBe(200);
    expect(await limitNow()).toBe(20);
    expect((await setPlan({ plan: 'pro', limits: { key: { day: 1_234 } } })).status).toBe(200);
    expect(await limitNow()).toBe(1_234);
    expect(await setPlan({ plan: 'platinum' })).toMatchObject({
      status: 422,
      json: { errors: { plan: expect.any(String) } },
    });
    expect((await setPlan({ plan: 'free' })).status).toBe(200);
    expect(await limitNow()).toBe(5);
  });

  it('refuses every key of a suspended organization, on every gateway, until it is resumed', async () => {
    const { id, key } = await administrator.createKey('open');
    const organization = String((await administrator.send('GET', `/api/v1/keys/${id}`)).json['organization_id']);
    expect(await sendMany(at('/apis/open/'), 90, 16, bearer(key))).toEqual({ 200: 90 });
    expect((await administrator.send('POST', `/api/v1/orgs/${organization}/suspend`)).status).toBe(200);
    expect(await sendMany(at('/apis/open/'), 300, 16, bearer(key))).toEqual({ 403: 300 });
    expect((await administrator.send('POST', `/api/v1/orgs/${organization}/resume`)).status).toBe(200);
    expect(await sendMany(at('/apis/open/'), 90, 16, bearer(key))).toEqual({ 200: 90 });
  });
});
