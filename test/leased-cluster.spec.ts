import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { type ClusterPlatform, startClusterPlatform } from '@gatehouse/testing/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { type Administrator, signInAdministrator } from './administrator.js';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';

const DEADLINE_MS = 30_000;
const ROUNDS = 4;

/** Three gateways and two replicas of keys, processes of their own over NATS with accounts. */
describe('gateways with a lease of their own, as processes that stand still or die', () => {
  let upstream: CountingUpstream;
  let platform: ClusterPlatform;
  let administrator: Administrator;

  beforeAll(async () => {
    upstream = await startCountingUpstream();
    platform = await startClusterPlatform({
      exampleUpstreamUrl: upstream.url,
      replicas: { gateway: 3, keys: 2 },
      redis: false,
      configuration: `
gateways: 3
apis:
  - { name: leased, profile: exante, upstream: "${upstream.url}", verification: leased, plans: { free: { key: { day: 4000000 }, organization: {} } } }
`,
    });
    administrator = await signInAdministrator(platform);
  }, 90_000);

  afterAll(async () => {
    await platform?.stop();
    await upstream?.stop();
  }, 60_000);

  const use = async (index: number, key: string) => {
    const answer = await request(`${platform.urls[index]}/apis/leased/`, {
      headers: { authorization: `Bearer ${key}` },
      headersTimeout: DEADLINE_MS,
    });
    await answer.body.dump();
    return answer.statusCode;
  };
  const gateway = (index: number) => {
    const found = platform.cluster.services.gateway[index];
    if (found === undefined) throw new Error('there is no such gateway');
    return found;
  };
  const metric = async (index: number, name: string) => {
    const text = await (await fetch(`${gateway(index).internalUrl}/metrics`)).text();
    return Number(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, 'm').exec(text)?.[1]);
  };
  const warm = async (index: number, key: string) => {
    const inMemory = async () => {
      const before = await metric(index, 'gateway_verifications_remembered_total');
      const status = await use(index, key);
      return status === 200 && (await metric(index, 'gateway_verifications_remembered_total')) > before;
    };
    await waitUntil('the key is answered from memory', inMemory, DEADLINE_MS);
  };
  const revoke = async (id: string) => {
    const startedMs = performance.now();
    expect(await administrator.revokeKey(id)).toBe(200);
    return performance.now() - startedMs;
  };

  it('[INV-01] accept nothing stale when they go on after a SIGSTOP that a revoke fell into', async () => {
    const stopped = gateway(2).child;
    for (let round = 0; round < ROUNDS; round++) {
      const { id, key } = await administrator.createKey('leased');
      for (const index of [0, 1, 2]) await warm(index, key);
      stopped.signal('SIGSTOP');
      try {
        expect(await revoke(id)).toBeGreaterThan(1_000);
        // These begin after the revoke has returned, and wait in the socket of a gateway that remembers the key.
        const waiting = Array.from({ length: 8 }, () => use(2, key));
        expect(await Promise.all([use(0, key), use(1, key)])).toEqual([401, 401]);
        stopped.signal('SIGCONT');
        for (const status of await Promise.all(waiting)) expect([401, 503]).toContain(status);
      } finally {
        stopped.signal('SIGCONT');
      }
      await waitUntil('it answers again', async () => (await use(2, key)) === 401, DEADLINE_MS);
    }
  }, 120_000);

  it('are given up when they are killed: one revoke waits for the end of the lease, the next ones do not', async () => {
    const [first, second] = [await administrator.createKey('leased'), await administrator.createKey('leased')];
    await warm(2, first.key);
    gateway(2).child.signal('SIGKILL');
    await gateway(2).child.ended;
    expect(await revoke(first.id)).toBeGreaterThan(1_000);
    expect(await revoke(second.id)).toBeLessThan(1_500);
    expect(await use(0, first.key)).toBe(401);
  }, 60_000);

  it('give their lease back when they are stopped, so that no revoke waits for them', async () => {
    const { id, key } = await administrator.createKey('leased');
    await warm(1, key);
    gateway(1).child.signal('SIGTERM');
    expect(await gateway(1).child.ended).toBe(0);
    expect(await revoke(id)).toBeLessThan(1_500);
  }, 60_000);
});
