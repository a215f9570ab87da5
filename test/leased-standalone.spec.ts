import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { type Platform, startStandalonePlatform } from '@gatehouse/testing/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signInAdministrator } from './administrator.js';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';

describe('a gateway with a lease of its own, in one process with all services', () => {
  let upstream: CountingUpstream;
  let platform: Platform;

  beforeAll(async () => {
    upstream = await startCountingUpstream();
    platform = await startStandalonePlatform({
      exampleUpstreamUrl: upstream.url,
      configuration: `
apis:
  - { name: leased, profile: exante, upstream: "${upstream.url}", verification: leased, plans: { free: { key: { day: 4000000 }, organization: {} } } }
`,
    });
  }, 90_000);
  afterAll(async () => {
    await platform?.stop();
    await upstream?.stop();
  }, 60_000);

  it('[INV-01] answers many requests, and refuses the first one after a revoke has returned', async () => {
    const administrator = await signInAdministrator(platform);
    for (let round = 0; round < 5; round++) {
      const { id, key } = await administrator.createKey('leased');
      const use = async () => {
        const answer = await fetch(`${platform.url}/apis/leased/`, { headers: { authorization: `Bearer ${key}` } });
        await answer.arrayBuffer();
        return answer.status;
      };
      let accepted = 0;
      const often = async () => {
        if ((await use()) === 200) accepted++;
        return accepted >= 10;
      };
      await waitUntil('the key is used', often, 30_000);
      const startedMs = performance.now();
      expect(await administrator.revokeKey(id)).toBe(200);
      expect(performance.now() - startedMs).toBeLessThan(1_500);
      expect(await use()).toBe(401);
    }
  }, 60_000);
});
