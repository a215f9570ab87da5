import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { type ClusterPlatform, startClusterPlatform } from '@gatehouse/testing/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Administrator, signInAdministrator } from './administrator.js';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';
import { sendMany } from './load.js';

const GATEWAYS = 4;
const QUOTA = 1_500;
const CLIENTS = 24;
const DEADLINE_MS = 60_000;
/** What one gateway holds of a quota at most: a sixteenth, and a quarter of the one before. */
const HELD_MAX = Math.ceil((QUOTA / 16) * 1.25);

/** Four gateways that lease limits, two limiters over one Redis: processes of their own. */
describe('a quota that four gateways lease', () => {
  let upstream: CountingUpstream;
  let platform: ClusterPlatform;
  let administrator: Administrator;

  beforeAll(async () => {
    upstream = await startCountingUpstream();
    platform = await startClusterPlatform({
      exampleUpstreamUrl: upstream.url,
      replicas: { gateway: GATEWAYS, ratelimit: 2 },
      configuration: `
apis:
  - name: leased
    profile: exante
    upstream: "${upstream.url}"
    verification: leased
    limits: leased
    limiterOutage: deny
    plans: { free: { key: { day: ${QUOTA} }, organization: { day: 1000000 } } }
`,
    });
    administrator = await signInAdministrator(platform);
  }, 120_000);

  afterAll(async () => {
    await platform?.stop();
    await upstream?.stop();
  }, 60_000);

  const gateway = (index: number) => {
    const found = platform.cluster.services.gateway[index];
    if (found === undefined) throw new Error('there is no such gateway');
    return found;
  };
  const taken = async (index: number) => {
    const text = await (await fetch(`${gateway(index).internalUrl}/metrics`)).text();
    return Number(/^gateway_leased_limits_taken_total(?:\{.*\})? (\d+)$/m.exec(text)?.[1]);
  };
  const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);
  /** Sends so many requests by these gateways at once. @returns how many of them may have been charged for nothing */
  const send = async (total: number, by: readonly number[], key: string) => {
    const urls = by.map((index) => `${platform.urls[index]}/apis/leased/`);
    const tally = await sendMany(urls, total, CLIENTS, { authorization: `Bearer ${key}` });
    // On a busy machine an exchange may come too late, and its charge counts nevertheless.
    return (tally[503] ?? 0) + (tally[0] ?? 0);
  };
  /** Uses up what is left, also what comes back meanwhile. @returns how many requests may have been charged for nothing */
  const useUp = async (id: string, key: string, by: readonly number[], least: number) => {
    let lost = 0;
    await waitUntil(
      `${least} requests to be let through`,
      async () => {
        lost += await send(200, by, key);
        return upstream.requestsOf(id) + lost >= least;
      },
      DEADLINE_MS,
    );
    return lost;
  };

  it('is used to the last unit, and never passed, by many clients at once [INV-10] [H-117]', async () => {
    const { id, key } = await administrator.createKey('leased');
    const lost = await send(2 * QUOTA, indexes(GATEWAYS), key);
    expect(upstream.requestsOf(id)).toBeLessThanOrEqual(QUOTA);
    const lostThen = await useUp(id, key, indexes(GATEWAYS), QUOTA - lost);
    await send(400, indexes(GATEWAYS), key);
    expect(upstream.requestsOf(id)).toBeLessThanOrEqual(QUOTA);
    expect(upstream.requestsOf(id)).toBeGreaterThanOrEqual(QUOTA - lost - lostThen);
    // Otherwise nothing was shown of what this is about.
    const counts = await Promise.all(indexes(GATEWAYS).map(taken));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(QUOTA / 50);
  }, 180_000);

  it('loses what a gateway held that was killed, at most, and is never passed for that', async () => {
    const { id, key } = await administrator.createKey('leased');
    const before = await taken(3);
    const load = send(QUOTA / 2, [3], key);
    await waitUntil('the gateway to hold something', async () => (await taken(3)) > before + 20, DEADLINE_MS);
    gateway(3).child.signal('SIGKILL');
    await gateway(3).child.ended;
    await load;
    const lost = await useUp(id, key, [0, 1, 2], QUOTA - HELD_MAX - CLIENTS);
    await send(400, [0, 1, 2], key);
    expect(upstream.requestsOf(id)).toBeLessThanOrEqual(QUOTA);
    expect(upstream.requestsOf(id) + lost).toBeGreaterThanOrEqual(QUOTA - HELD_MAX - CLIENTS);
  }, 180_000);

  it('loses nothing to a gateway that is stopped: it gives back what it holds', async () => {
    const { id, key } = await administrator.createKey('leased');
    const before = await taken(2);
    const lost = await send(QUOTA / 2, [2], key);
    expect(await taken(2)).toBeGreaterThan(before);
    gateway(2).child.signal('SIGTERM');
    expect(await gateway(2).child.ended).toBe(0);
    const lostThen = await useUp(id, key, [0, 1], QUOTA - lost);
    await send(400, [0, 1], key);
    expect(upstream.requestsOf(id)).toBeLessThanOrEqual(QUOTA);
    expect(upstream.requestsOf(id)).toBeGreaterThanOrEqual(QUOTA - lost - lostThen);
  }, 180_000);
});
