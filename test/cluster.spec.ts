import { startExampleUpstream } from '@gatehouse/example-upstream/upstream.server';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { type ClusterPlatform, startClusterPlatform } from '@gatehouse/testing/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI, { AuthenticationError, PermissionDeniedError, RateLimitError } from 'openai';
import { type Administrator, signInAdministrator } from './administrator.js';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';
import { sendMany } from './load.js';

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** How many verification queries a replica has answered. */
async function verificationsOf({ internalUrl }: { readonly internalUrl: string }): Promise<number> {
  const metrics = await (await fetch(`${internalUrl}/metrics`)).text();
  const counts = [...metrics.matchAll(/^gatehouse_verifications_total\{.*\} (\d+)$/gm)];
  return counts.reduce((total, [, count]) => total + Number(count), 0);
}

/** Two of every service, separate processes over NATS with accounts, limits in Redis. */
describe('the platform as separate processes', () => {
  let upstream: CountingUpstream;
  let example: { readonly url: string; stop(): Promise<void> };
  let platform: ClusterPlatform;
  let administrator: Administrator;
  const at = (path: string) => platform.urls.map((url) => `${url}${path}`);

  beforeAll(async () => {
    upstream = await startCountingUpstream();
    example = await startExampleUpstream({ port: 0, host: '127.0.0.1' });
    platform = await startClusterPlatform({
      exampleUpstreamUrl: example.url,
      environment: { DEADLINE_FACTOR: '1' },
      replicas: { gateway: 2, identity: 2, keys: 2, ratelimit: 2 },
      configuration: `
gateways: 2
apis:
  - { name: open, profile: exante, upstream: "${upstream.url}", plans: { free: { key: { day: 4000000 }, organization: {} } } }
  - { name: hundred, profile: exante, upstream: "${upstream.url}", plans: { free: { key: { day: 100 }, organization: {} } } }
  - { name: strict, profile: exante, upstream: "${upstream.url}", limiterOutage: deny }
  - name: xantly
    profile: xantly
    upstream: example
    plans: { free: { key: { day: 1000 }, organization: {} } }
    routes: [{ match: POST /v1/chat/completions, scopes: [chat.write] }, { match: "* /**" }]
  - { name: once, profile: xantly, upstream: example, plans: { free: { key: { day: 1 }, organization: {} } } }
`,
    });
    administrator = await signInAdministrator(platform);
  });

  afterAll(async () => {
    await platform?.stop();
    await upstream?.stop();
    await example?.stop();
  });

  it('serves the unmodified OpenAI SDK, plain and streamed, and raises its own errors [X4] [X15]', async () => {
    const { key } = await administrator.createKey('xantly', ['chat.write']);
    const sdk = (apiKey: string, api = 'xantly') =>
      new OpenAI({ apiKey, baseURL: `${platform.url}/apis/${api}/v1`, maxRetries: 0 });
    const question = { model: 'auto', messages: [{ role: 'user' as const, content: 'Hello' }] };

    const completion = await sdk(key).chat.completions.create(question);
    expect(completion.choices[0]?.message.content).toContain('Hello');
    let streamed = '';
    let chunks = 0;
    for await (const chunk of await sdk(key).chat.completions.create({ ...question, stream: true })) {
      streamed += chunk.choices[0]?.delta.content ?? '';
      chunks++;
    }
    expect(streamed).toBe(completion.choices[0]?.message.content);
    expect(chunks).toBeGreaterThan(2);

    await expect(sdk('sk-nonsense').chat.completions.create(question)).rejects.toBeInstanceOf(AuthenticationError);
    const withoutScope = await administrator.createKey('xantly');
    await expect(sdk(withoutScope.key).chat.completions.create(question)).rejects.toBeInstanceOf(PermissionDeniedError);
    const limited = await administrator.createKey('once', ['chat.write']);
    await sdk(limited.key, 'once').chat.completions.create(question);
    await expect(sdk(limited.key, 'once').chat.completions.create(question)).rejects.toBeInstanceOf(RateLimitError);
  });

  it('accepts none of 10,000 requests over two gateways after a revoke has returned [E12]', async () => {
    const { id, key } = await administrator.createKey('open');
    const warm = await sendMany(at('/apis/open/'), 2_000, 64, bearer(key));
    expect(warm).toEqual({ 200: 2_000 });
    expect(await administrator.revokeKey(id)).toBe(200);
    const reached = upstream.requestsOf(id);
    expect(await sendMany(at('/apis/open/'), 10_000, 64, bearer(key))).toEqual({ 401: 10_000 });
    expect(upstream.requestsOf(id)).toBe(reached);
  });

  it('lets no request through that starts after the revoke, while 32 clients never stop asking [E12]', async () => {
    for (let round = 0; round < 10; round++) {
      const { id, key } = await administrator.createKey('open');
      let over = false;
      let revokedAt = Number.POSITIVE_INFINITY;
      const late: number[] = [];
      const clients = Array.from({ length: 32 }, async (_value, index) => {
        while (!over) {
          const startedAt = performance.now();
          const answer = await fetch(`${at('/apis/open/')[index % 2]}`, { headers: bearer(key) }).catch(
            () => undefined,
          );
          // A connection that was idle for long may be closed just now; who gets no answer is not let through.
          if (answer !== undefined && startedAt > revokedAt && answer.status !== 401) late.push(answer.status);
        }
      });
      await waitUntil('traffic', async () => upstream.requestsOf(id) > 50, 10_000);
      expect(await administrator.revokeKey(id)).toBe(200);
      revokedAt = performance.now();
      const refusedFrom = upstream.requestsOf(id);
      await waitUntil('some time after', async () => performance.now() > revokedAt + 100, 5_000);
      over = true;
      await Promise.all(clients);
      expect(late).toEqual([]);
      // Those that were under way when the revoke returned may have arrived; nothing after them.
      expect(upstream.requestsOf(id) - refusedFrom).toBeLessThanOrEqual(32);
    }
  });

  it('admits exactly 100 of 1,000 requests of 64 clients at once against a quota of 100', async () => {
    const { id, key } = await administrator.createKey('hundred');
    expect(await sendMany(at('/apis/hundred/'), 1_000, 64, bearer(key))).toEqual({ 200: 100, 429: 900 });
    expect(upstream.requestsOf(id)).toBe(100);
  });

  it('answers every request while one of two keys replicas hangs, and asks it again when it goes on [E12]', async () => {
    const { id, key } = await administrator.createKey('open');
    const url = [`${platform.url}/apis/open/`];
    const replicas = platform.cluster.services.keys;
    const [hung] = replicas;
    if (hung === undefined) throw new Error('there are two keys replicas');
    // Both remember the key.
    expect(await sendMany(at('/apis/open/'), 400, 16, bearer(key))).toEqual({ 200: 400 });
    hung.child.signal('SIGSTOP');
    try {
      expect(await sendMany(url, 300, 16, bearer(key))).toEqual({ 200: 300 });
    } finally {
      hung.child.signal('SIGCONT');
    }
    expect(await administrator.revokeKey(id)).toBe(200);
    const reached = upstream.requestsOf(id);
    const before = await Promise.all(replicas.map(verificationsOf));
    const statuses = new Set<string>();
    await waitUntil(
      'both replicas have answered this gateway',
      async () => {
        for (const status of Object.keys(await sendMany(url, 50, 16, bearer(key)))) statuses.add(status);
        const after = await Promise.all(replicas.map(verificationsOf));
        return after.every((count, index) => count > (before[index] ?? count));
      },
      20_000,
    );
    expect([...statuses]).toEqual(['401']);
    expect(upstream.requestsOf(id)).toBe(reached);
  });

  it('loses no request when a gateway is stopped with SIGTERM', async () => {
    const { id, key } = await administrator.createKey('open');
    const [gateway] = platform.cluster.services.gateway.slice(1);
    if (gateway === undefined) throw new Error('there is a second gateway');
    const slow = Promise.all(
      Array.from(
        { length: 20 },
        async () => (await fetch(`${platform.urls[1]}/apis/open/slow`, { headers: bearer(key) })).status,
      ),
    );
    await waitUntil('all are under way', async () => upstream.requestsOf(id) === 20, 10_000);
    gateway.child.signal('SIGTERM');
    expect(await slow).toEqual(Array.from({ length: 20 }, () => 200));
    expect(await gateway.child.ended).toBe(0);
  });

  it('goes on when one of two keys replicas dies, and answers 503 and never 401 when both are gone', async () => {
    const { key } = await administrator.createKey('open');
    const url = [`${platform.url}/apis/open/`];
    const [first, second] = platform.cluster.services.keys;
    first?.child.signal('SIGKILL');
    await first?.child.ended;
    expect(await sendMany(url, 500, 16, bearer(key))).toEqual({ 200: 500 });
    second?.child.signal('SIGKILL');
    await second?.child.ended;
    expect(await sendMany(url, 100, 16, bearer(key))).toEqual({ 503: 100 });
    const answer = await fetch(url[0] ?? '', { headers: bearer(key) });
    expect(answer.headers.get('retry-after')).toBe('1');
  });
});
