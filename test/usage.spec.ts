import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { type ClusterPlatform, startClusterPlatform } from '@gatehouse/testing/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type Administrator, signInAdministrator } from './administrator.js';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';
import { sendMany } from './load.js';

interface Caller {
  readonly user_agent: string;
  readonly uses: number;
}
interface Usage {
  readonly totals: { readonly requests: number; readonly refused: number; readonly cost: number };
  readonly last_used: { readonly user_agent: string; readonly route: string } | null;
  readonly secrets: readonly {
    readonly generation: number;
    readonly uses: number;
    readonly callers: readonly Caller[];
  }[];
}
interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly outcome: string;
  readonly user_agent: string;
  readonly request_id: string;
}
interface Key {
  readonly last_used: object | null;
  readonly rotation: { readonly old_secret: { readonly uses: number; readonly callers: readonly Caller[] } } | null;
}

const READ = 'invoices.read';
const WRITE = 'invoices.write';

/** Three gateways and two keys replicas, processes of their own over NATS. */
describe('usage over the real topology', () => {
  let upstream: CountingUpstream;
  let platform: ClusterPlatform;
  let administrator: Administrator;

  beforeAll(async () => {
    upstream = await startCountingUpstream();
    platform = await startClusterPlatform({
      exampleUpstreamUrl: upstream.url,
      replicas: { gateway: 3, keys: 2 },
      configuration: `
gateways: 3
apis:
  - name: open
    profile: exante
    upstream: "${upstream.url}"
    plans: { free: { key: {}, organization: {} } }
    routes:
      - { match: GET /invoices/*, scopes: [${READ}] }
      - { match: POST /invoices, scopes: [${WRITE}], cost: 5 }
      - { match: DELETE /invoices/*, scopes: [${READ}, ${WRITE}] }
      - { match: "GET /**" }
`,
    });
    administrator = await signInAdministrator(platform);
  });

  afterAll(async () => {
    await platform?.stop();
    await upstream?.stop();
  });

  /** What the management API answers to a request that has to succeed. */
  const answer = async <Json>(path: string, method = 'GET', body?: object) => {
    const { status, json } = await administrator.send(method, path, body);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
    return json as Json;
  };
  const usageOf = (id: string) => answer<Usage>(`/api/v1/keys/${id}/usage?days=1`);
  const untilCounted = (id: string, requests: number) =>
    waitUntil(`${requests} requests`, async () => (await usageOf(id)).totals.requests >= requests, 30_000);
  const ask = async (gateway: number, key: string, method: string, path: string, userAgent = 'a-client') => {
    const headers = { authorization: `Bearer ${key}`, 'user-agent': userAgent };
    const response = await fetch(`${platform.urls[gateway]}/apis/open${path}`, { method, headers });
    await response.arrayBuffer();
    return response.status;
  };

  it('adds up what two gateways tell, and lists each request once, newest first [T30] [X11] [E13]', async () => {
    const { id, key } = await administrator.createKey('open', [READ]);
    expect((await answer<Key>(`/api/v1/keys/${id}`)).last_used).toBeNull();
    expect(await ask(0, key, 'GET', '/invoices/1', 'first')).toBe(200);
    expect(await ask(1, key, 'POST', '/invoices', 'second')).toBe(403);
    expect(await administrator.revokeKey(id)).toBe(200);
    expect(await ask(0, key, 'GET', '/invoices/2?secret=no', 'third')).toBe(401);
    await untilCounted(id, 3);
    expect(await usageOf(id)).toMatchObject({
      totals: { requests: 3, refused: 2, cost: 1 },
      last_used: { user_agent: 'third', route: 'GET /invoices/*' },
      secrets: [{ generation: 1, uses: 3 }],
    });
    const page = `/api/v1/keys/${id}/requests?limit=2`;
    const first = await answer<{ data: LoggedRequest[]; next_cursor: string }>(page);
    const rest = await answer<{ data: LoggedRequest[] }>(`${page}&cursor=${first.next_cursor}`);
    expect([...first.data, ...rest.data].map(({ request_id: _, ...request }) => request)).toMatchObject([
      { method: 'GET', path: '/invoices/2', status: 401, outcome: 'key_revoked', user_agent: 'third' },
      { method: 'POST', path: '/invoices', status: 403, outcome: 'scope_missing', user_agent: 'second' },
      { method: 'GET', path: '/invoices/1', status: 200, outcome: 'answered', user_agent: 'first' },
    ]);
    expect((await answer<Key>(`/api/v1/keys/${id}`)).last_used).toMatchObject({ user_agent: 'third' });
  });

  it('proposes exactly the scopes that traffic has needed, and with them every recorded request still works', async () => {
    const { id, key } = await administrator.createKey('open', [WRITE, READ]);
    const sent = [
      ['GET', '/invoices/1'],
      ['GET', '/other'],
      ['GET', '/invoices/2'],
    ] as const;
    for (const [method, path] of sent) expect(await ask(0, key, method, path)).toBe(200);
    await untilCounted(id, sent.length);
    const scopes = await answer<{ granted: object[]; unused: string[]; proposed: string[] }>(
      `/api/v1/keys/${id}/scopes?days=30`,
    );
    expect(scopes).toMatchObject({
      granted: [
        { scope: WRITE, uses: 0, last_used_at: null },
        { scope: READ, uses: 2 },
      ],
      unused: [WRITE],
      proposed: [READ],
    });
    await answer(`/api/v1/keys/${id}`, 'PATCH', { scopes: scopes.proposed });
    const { data } = await answer<{ data: LoggedRequest[] }>(`/api/v1/keys/${id}/requests`);
    expect(data).toHaveLength(sent.length);
    for (const { method, path } of data) expect(await ask(1, key, method, path)).toBe(200);
    expect(await ask(1, key, 'POST', '/invoices')).toBe(403);
  });

  it('shows who still uses the old secret of a rotation, until the last client has changed', async () => {
    const { id, key } = await administrator.createKey('open', [READ]);
    expect(await ask(0, key, 'GET', '/invoices/1', 'before')).toBe(200);
    const rotated = await answer<Key & { key: string }>(`/api/v1/keys/${id}/rotate`, 'POST', { grace_seconds: 3_600 });
    expect(rotated.rotation?.old_secret).toEqual({ uses: 0, last_used_at: null, callers: [] });
    const clients = [0, 1, 2, 3, 4].map((client) => ({ userAgent: `client ${client}`, gateway: client % 2, key }));
    for (const client of clients) {
      for (const { userAgent, gateway, key: secret } of clients) {
        expect(await ask(gateway, secret, 'GET', '/invoices/1', userAgent)).toBe(200);
      }
      client.key = rotated.key;
    }
    await untilCounted(id, 26);
    const { rotation } = await answer<Key>(`/api/v1/keys/${id}`);
    // The first client has asked once before it changed, the last one five times.
    expect(rotation?.old_secret.uses).toBe(15);
    expect(new Map(rotation?.old_secret.callers.map((caller) => [caller.user_agent, caller.uses]))).toEqual(
      new Map(clients.map(({ userAgent }, index) => [userAgent, index + 1])),
    );
    const { secrets } = await usageOf(id);
    expect(secrets.map(({ generation, uses }) => [generation, uses])).toEqual([
      [2, 10],
      [1, 16],
    ]);
  });

  it('is told to the last request when a gateway is stopped with SIGTERM [K-08]', async () => {
    const { id, key } = await administrator.createKey('open');
    const [, second] = platform.cluster.services.gateway;
    const headers = { authorization: `Bearer ${key}` };
    expect(await sendMany([`${platform.urls[1]}/apis/open/`], 300, 8, headers)).toEqual({ 200: 300 });
    second?.child.signal('SIGTERM');
    expect(await second?.child.ended).toBe(0);
    expect((await usageOf(id)).totals.requests).toBe(300);
  });

  it('loses what was not told yet, and no change or its audit entry, when a gateway is killed [K-08]', async () => {
    const { id, key } = await administrator.createKey('open');
    for (let request = 0; request < 3; request++) expect(await ask(2, key, 'GET', '/')).toBe(200);
    await untilCounted(id, 3);
    const killed = await signInAdministrator({ ...platform, url: platform.urls[2] ?? '' });
    expect(await ask(2, key, 'GET', '/')).toBe(200);
    expect(await killed.revokeKey(id)).toBe(200);
    const [, , third] = platform.cluster.services.gateway;
    third?.child.signal('SIGKILL');
    await third?.child.ended;
    expect(upstream.requestsOf(id)).toBe(4);
    expect([3, 4]).toContain((await usageOf(id)).totals.requests);
    expect(await ask(0, key, 'GET', '/')).toBe(401);
    const database = new pg.Client(platform.cluster.databaseUrl);
    await database.connect();
    const { rows } = await database.query('SELECT action FROM keys.audit_entries WHERE key_id = $1 ORDER BY id', [id]);
    await database.end();
    expect(rows.map(({ action }) => action)).toEqual(['key.issued', 'key.revoked']);
  });
});
