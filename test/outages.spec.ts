import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { type ClusterPlatform, startClusterPlatform } from '@gatehouse/testing/platform';
import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Administrator, signInAdministrator } from './administrator.js';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';

/** What callers see while a part is down: docs/failure-modes.md, line by line. No fault becomes an accepted request. */
describe('while a part of the platform is down', () => {
  let nats: TestNats;
  let postgres: TestPostgres;
  let upstream: CountingUpstream;
  let platform: ClusterPlatform;
  let administrator: Administrator;

  const statusOf = async (api: string, key: string) => {
    const answer = await fetch(`${platform.url}/apis/${api}/`, { headers: { authorization: `Bearer ${key}` } });
    await answer.arrayBuffer();
    return answer.status;
  };
  const until = (api: string, key: string, status: number) =>
    waitUntil(`status ${status}`, async () => (await statusOf(api, key)) === status, 15_000);
  const managementStatus = async () =>
    (await fetch(`${platform.url}/auth/session`, { headers: { cookie: 'gatehouse_session=x' } })).status;

  beforeAll(async () => {
    [nats, postgres, upstream] = await Promise.all([startTestNats(), startTestPostgres(), startCountingUpstream()]);
    platform = await startClusterPlatform({
      exampleUpstreamUrl: upstream.url,
      environment: { DEADLINE_FACTOR: '1' },
      natsUrl: nats.url,
      databaseUrl: postgres.url,
      redis: false,
      configuration: `
apis:
  - { name: deny, profile: exante, upstream: "${upstream.url}", limiterOutage: deny }
  - { name: allow, profile: exante, upstream: "${upstream.url}", limiterOutage: allow }
  - { name: local, profile: exante, upstream: "${upstream.url}", limiterOutage: local, plans: { free: { key: { day: 5 }, organization: {} } } }
`,
    });
    administrator = await signInAdministrator(platform);
  });

  afterAll(async () => {
    await platform?.stop();
    await Promise.all([nats?.stop(), postgres?.stop(), upstream?.stop()]);
  });

  it('NATS: 503 and never 401 or 200, and service again after it is back, with nothing restarted', async () => {
    const { key } = await administrator.createKey('allow');
    expect(await statusOf('allow', key)).toBe(200);
    await nats.kill();
    await until('allow', key, 503);
    expect(await managementStatus()).toBe(503);
    await nats.restart();
    await until('allow', key, 200);
    await waitUntil('management', async () => (await managementStatus()) === 401, 15_000);
  });

  it('PostgreSQL: a key in use goes on under its lease, then everything is 503, then service comes back', async () => {
    const used = await administrator.createKey('allow');
    const unused = await administrator.createKey('allow');
    expect(await statusOf('allow', used.key)).toBe(200);
    await postgres.kill();
    expect(await statusOf('allow', used.key)).toBe(200);
    expect(await statusOf('allow', unused.key)).toBe(503);
    await until('allow', used.key, 503);
    expect(await managementStatus()).toBe(503);
    // A revoke that cannot be written down is not answered with success.
    expect(await administrator.revokeKey(used.id)).toBe(503);
    await postgres.restart();
    await until('allow', used.key, 200);
    await until('allow', unused.key, 200);
  });

  it('ratelimit: each API does what its limiterOutage says', async () => {
    const keys = {
      deny: await administrator.createKey('deny'),
      allow: await administrator.createKey('allow'),
      local: await administrator.createKey('local'),
    };
    const [ratelimit] = platform.cluster.services.ratelimit;
    ratelimit?.child.signal('SIGKILL');
    await ratelimit?.child.ended;
    expect(await statusOf('deny', keys.deny.key)).toBe(503);
    expect(await statusOf('allow', keys.allow.key)).toBe(200);
    const statuses: number[] = [];
    for (let request = 0; request < 8; request++) statuses.push(await statusOf('local', keys.local.key));
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    // A revoked key is refused all the same.
    expect(await administrator.revokeKey(keys.allow.id)).toBe(200);
    expect(await statusOf('allow', keys.allow.key)).toBe(401);
  });

  it('identity: requests with keys are not touched by it, management is 503', async () => {
    const { key } = await administrator.createKey('allow');
    const [identity] = platform.cluster.services.identity;
    identity?.child.signal('SIGKILL');
    await identity?.child.ended;
    expect(await statusOf('allow', key)).toBe(200);
    expect(await managementStatus()).toBe(503);
  });
});
