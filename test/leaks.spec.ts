import { setImmediate as nextTurn } from 'node:timers/promises';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { type FakeGithub, startFakeGithub } from '@gatehouse/testing/github';
import { type ClusterPlatform, startClusterPlatform } from '@gatehouse/testing/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Administrator, signInAdministrator } from './administrator.js';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';

interface Notices {
  readonly data: readonly { readonly id: string; readonly key_id: string }[];
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const match = (token: string, url = 'https://github.com/octocat/Hello-World/blob/1/a.txt') => ({
  token,
  type: 'exante-live',
  url,
  source: 'content',
});

/** Two gateways and two replicas of keys, separate processes over NATS, before a GitHub of our own. */
describe('keys that GitHub finds', () => {
  let github: FakeGithub;
  let upstream: CountingUpstream;
  let platform: ClusterPlatform;
  let administrator: Administrator;

  beforeAll(async () => {
    github = await startFakeGithub();
    upstream = await startCountingUpstream();
    const api = (name: string, leakPolicy: string) =>
      `  - { name: ${name}, profile: exante, upstream: "${upstream.url}", leakPolicy: ${leakPolicy}, plans: { free: { key: { day: 4000000 }, keysMax: null } } }`;
    platform = await startClusterPlatform({
      exampleUpstreamUrl: upstream.url,
      replicas: { gateway: 2, keys: 2 },
      environment: { GITHUB_SECRET_SCANNING_KEYS_URL: github.keysUrl },
      configuration: `gateways: 2\napis:\n${api('ended', 'revoke')}\n${api('held', 'quarantine')}\n${api('told', 'notify')}\n`,
    });
    administrator = await signInAdministrator(platform);
  });
  afterAll(async () => {
    await platform?.stop();
    await upstream?.stop();
    await github?.stop();
  });

  const use = async (api: string, key: string, { gateway = 0, method = 'GET' } = {}) =>
    fetch(`${platform.urls[gateway]}/apis/${api}/api/invoices`, { method, headers: bearer(key) });
  const report = async (matches: readonly object[], headers?: Record<string, string>) => {
    const body = JSON.stringify(matches);
    const answer = await fetch(`${platform.url}/leaks/github`, {
      method: 'POST',
      headers: headers ?? github.headersFor(body),
      body,
    });
    return { status: answer.status, json: (await answer.json()) as { label: string }[] };
  };
  const get = async <Body>(path: string) => {
    const { status, json } = await administrator.send('GET', path);
    expect([path, status]).toEqual([path, 200]);
    return json as Body;
  };
  const post = async (path: string) => expect((await administrator.send('POST', path)).status).toBe(200);
  const labels = (json: readonly { label: string }[]) => json.map(({ label }) => label);

  it('accept no request that starts after the report was answered, on either gateway, within five seconds [GH-05]', async () => {
    const { id, key } = await administrator.createKey('ended');
    let reported = false;
    let firstRefusedMs = Number.POSITIVE_INFINITY;
    const before: number[] = [];
    const clients = Array.from({ length: 8 }, async (_, client) => {
      while (!reported) {
        const { status } = await use('ended', key, { gateway: client % 2 });
        if (status === 401) firstRefusedMs = Math.min(firstRefusedMs, performance.now());
        before.push(status);
      }
    });
    while (before.length < 100) await nextTurn();
    const sentMs = performance.now();
    const { status, json } = await report([match(key), match(mintKey('ex_live_'))]);
    const answeredMs = performance.now();
    expect([status, labels(json)]).toEqual([200, ['true_positive', 'false_positive']]);
    const after = await Promise.all(
      Array.from({ length: 100 }, async (_, client) => (await use('ended', key, { gateway: client % 2 })).status),
    );
    reported = true;
    await Promise.all(clients);
    expect(before.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => 200));
    expect(after).toEqual(after.map(() => 401));
    expect(firstRefusedMs - sentMs).toBeLessThan(5_000);
    expect(answeredMs - sentMs).toBeLessThan(5_000);
    const { data } = await get<Notices>('/api/v1/notices?limit=1');
    expect(data).toMatchObject([{ kind: 'key.leaked', key_id: id, detail: { response: 'revoked' }, read_at: null }]);
    expect(await get<object>(`/api/v1/keys/${id}`)).toMatchObject({
      state: 'revoked',
      revocation_reason: 'leaked',
    });
  });

  it('stay alive where somebody else than GitHub says so [H-034]', async () => {
    const { key } = await administrator.createKey('ended');
    const good = github.headersFor('[]');
    const forged = [
      { 'content-type': 'application/json' },
      good,
      { ...good, 'github-public-key-identifier': 'made-up' },
      github.headersFor(JSON.stringify([match(key)], null, 1)),
    ];
    for (const headers of forged) expect((await report([match(key)], headers)).status).toBeGreaterThanOrEqual(400);
    for (const gateway of [0, 1]) expect((await use('ended', key, { gateway })).status).toBe(200);
  });

  it('may read once a minute in quarantine, and write nothing', async () => {
    const { id, key } = await administrator.createKey('held');
    expect(labels((await report([match(key)])).json)).toEqual(['true_positive']);
    expect((await use('held', key, { method: 'POST' })).status).toBe(403);
    // A minute may begin between two requests: of four, no more than two can be let through.
    const reads = [];
    for (let index = 0; index < 4; index++) reads.push(await use('held', key, { gateway: index % 2 }));
    const statuses = reads.map(({ status }) => status);
    expect(statuses[0]).toBe(200);
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(2);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(2);
    const limited = reads.find(({ status }) => status === 429);
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await use('held', key, { method: 'POST' })).status).toBe(403);
    await post(`/api/v1/keys/${id}/enable`);
    expect((await use('held', key, { method: 'POST' })).status).toBe(200);
  });

  it('go on working where their owner is to be told only', async () => {
    const { id, key } = await administrator.createKey('told');
    expect(labels((await report([match(key)])).json)).toEqual(['true_positive']);
    expect((await use('told', key, { method: 'POST' })).status).toBe(200);
    const { data } = await get<Notices>('/api/v1/notices?unread=true&limit=1');
    expect(data).toMatchObject([{ key_id: id, detail: { response: 'none' } }]);
    await post(`/api/v1/notices/${data[0]?.id}/read`);
    const unread = await get<Notices>('/api/v1/notices?unread=true');
    expect(unread.data.some(({ key_id: keyId }) => keyId === id)).toBe(false);
  });

  it('can be among ten thousand matches of one report, which is answered in less than 30 seconds [GH-04]', async () => {
    const created = await Promise.all(Array.from({ length: 40 }, () => administrator.createKey('ended')));
    const tokens = Array.from({ length: 10_000 }, (_, place) => created[place / 250]?.key ?? mintKey('ex_live_'));
    const matches = tokens.map((token, place) =>
      match(token, `https://github.com/octocat/Hello-World/blob/12345600b9cbe38a219f39a9941c9319b600c002/${place}.txt`),
    );
    const startedMs = performance.now();
    const { status, json } = await report(matches);
    expect(performance.now() - startedMs).toBeLessThan(30_000);
    expect(status).toBe(200);
    expect(labels(json)).toEqual(tokens.map((_, place) => (place % 250 === 0 ? 'true_positive' : 'false_positive')));
    for (const { key } of created) expect((await use('ended', key, { gateway: 1 })).status).toBe(401);
  });

  it('leave no trace of themselves in what the processes write', async () => {
    const { key } = await administrator.createKey('ended');
    await report([match(key, `https://example.com/${key}`)]);
    await report([{ ...match(key), token: [key] }]);
    await report([match(key)], github.headersFor('[]'));
    expect(platform.output()).toContain('/leaks/github');
    expect(platform.output()).not.toContain(key.slice(8, 40));
  });
});
