import { readFile } from 'node:fs/promises';
import { startExampleUpstream } from '@gatehouse/example-upstream/upstream.server';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { type ClusterPlatform, startClusterPlatform } from '@gatehouse/testing/platform';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { bearer, send } from '../conformance/send.js';
import { type FaultyLink, startFaultyLink } from './faulty-link.js';

const API = '/apis/altrixy/v1';
const EACH = 4;

interface Pair {
  readonly access_token: string;
  readonly refresh_token: string;
}

describe('tokens of people over a network that loses answers [H-092]', () => {
  let upstream: { readonly url: string; stop(): Promise<unknown> };
  let nats: TestNats;
  let platform: ClusterPlatform;
  let owner: pg.Client;
  /** Between the services and the bus, and between a client and the gateway. */
  let bus: FaultyLink;
  let front: FaultyLink;

  beforeAll(async () => {
    upstream = await startExampleUpstream({ port: 0, host: '127.0.0.1' });
    nats = await startTestNats();
    bus = await startFaultyLink(nats.port);
    platform = await startClusterPlatform({
      configuration: await readFile(new URL('../conformance/gatehouse.yaml', import.meta.url), 'utf8'),
      exampleUpstreamUrl: upstream.url,
      environment: { DEADLINE_FACTOR: '1' },
      natsUrl: `nats://127.0.0.1:${bus.port}`,
      redis: false,
    });
    front = await startFaultyLink(Number(new URL(platform.url).port));
    owner = new pg.Client(platform.cluster.databaseUrl);
    await owner.connect();
  });
  afterEach(() => {
    bus.be('none');
    front.be('none');
  });
  afterAll(async () => {
    await owner?.end();
    await front?.stop();
    await platform?.stop();
    await bus?.stop();
    await nats?.stop();
    await upstream?.stop();
  });

  const post = (path: string, json: unknown) => send(`${platform.url}${path}`, { method: 'POST', json });
  const pair = async (): Promise<Pair> => {
    const answer = await post(`${API}/auth/token`, platform.admin);
    if (answer.status !== 200) throw new Error(`no tokens: ${answer.status} ${answer.text}`);
    return answer.json() as Pair;
  };
  const use = async (token: string) =>
    (await send(`${platform.url}${API}/portfolios`, { headers: bearer(token) })).status;
  const refresh = async (token: string) => (await post(`${API}/auth/refresh`, { refresh_token: token })).status;
  const revoke = async (token: string) => {
    const body = new URLSearchParams({ token });
    return (await fetch(`${platform.url}/oauth/revoke`, { method: 'POST', body })).status;
  };
  /** Refresh tokens that would be exchanged, family by family. */
  const livingChildren = async (): Promise<number[]> => {
    const { rows } = await owner.query(
      `SELECT count(*)::int AS living FROM identity.refresh_tokens t JOIN identity.sessions s ON s.id = t.session_id
       WHERE t.used_at IS NULL AND s.ended_at IS NULL GROUP BY t.session_id`,
    );
    return rows.map(({ living }) => living);
  };
  const isBack = async (token: string) => waitUntil('the bus is back', async () => (await use(token)) === 200, 20_000);

  it('a refresh whose answer was lost ends its family when it is tried again: never two children', async () => {
    const given = await pair();
    front.be('cut');
    const lost = send(`http://127.0.0.1:${front.port}${API}/auth/refresh`, {
      method: 'POST',
      json: { refresh_token: given.refresh_token },
    });
    await expect(lost).rejects.toThrow();
    expect(await livingChildren()).toEqual([1]);
    expect(await refresh(given.refresh_token)).toBe(401);
    expect(await livingChildren()).toEqual([]);
    expect(await use(given.access_token)).toBe(401);
  });

  it.each(['delay', 'cut', 'black hole'] as const)(
    'the bus with a fault (%s) accepts nothing that it would not',
    async (fault) => {
      const [good, spent, ended, raced, revoked] = [
        await pair(),
        await pair(),
        await pair(),
        await pair(),
        await pair(),
      ];
      const child = (await post(`${API}/auth/refresh`, { refresh_token: spent.refresh_token })).json() as Pair;
      expect(await revoke(ended.access_token)).toBe(200);
      const times = <Value>(ask: () => Promise<Value>) => Promise.all(Array.from({ length: EACH }, ask));

      bus.be(fault);
      const [bad, fine, exchanged, revocations] = await Promise.all([
        Promise.all([
          times(() => use(ended.access_token)),
          times(() => use(`${good.access_token.slice(0, -8)}AAAAAAAA`)),
          times(() => use(good.refresh_token)),
          times(() => refresh(ended.refresh_token)),
          times(
            async () => (await post(`${API}/auth/token`, { ...platform.admin, password: 'not the password' })).status,
          ),
        ]),
        times(() => use(good.access_token)),
        times(() => refresh(raced.refresh_token)),
        times(() => revoke(revoked.access_token)),
      ]);
      bus.be('none');
      await isBack(good.access_token);

      for (const status of bad.flat()) expect([401, 429, 503]).toContain(status);
      // Never told that a good token is bad.
      for (const status of fine) expect([200, 503]).toContain(status);
      expect(exchanged.filter((status) => status === 200).length).toBeLessThanOrEqual(1);
      for (const status of revocations) expect([200, 503]).toContain(status);
      if (revocations.includes(200)) expect(await use(revoked.access_token)).toBe(401);
      expect(await revoke(revoked.access_token)).toBe(200);
      expect(await use(revoked.access_token)).toBe(401);
      for (const living of await livingChildren()) expect(living).toBe(1);
      // What was spent before is seen to be, and takes its child with it.
      expect(await refresh(spent.refresh_token)).toBe(401);
      expect(await refresh(child.refresh_token)).toBe(401);
    },
    60_000,
  );
});
