import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from '../browser.js';
import { type PlatformWithClock, startPlatformWithClock } from '../platform-with-clock.js';
import { bearer, send } from '../send.js';

const DAY_SECONDS = 86_400;
const DEADLINE_MS = 30_000;

interface Notice {
  readonly kind: string;
  readonly key_id: string;
  readonly detail: Readonly<Record<string, string>>;
}

interface CreatedKey {
  readonly id: string;
  readonly key: string;
}

let platform: PlatformWithClock;
let administrator: Browser;
/** A session ends long before 90 days are over. */
let managementKey: string;
let used: CreatedKey;

beforeAll(async () => {
  platform = await startPlatformWithClock();
  administrator = platform.browser();
  await administrator.signIn(platform.admin);
  managementKey = (await newKey('gatehouse', 'keys.read', 'keys.verify')).key;
  used = await newKey('generic', 'read');
}, 90_000);
afterAll(() => platform?.stop());

async function newKey(api: string, ...scopes: string[]): Promise<CreatedKey> {
  const created = await administrator.send('POST', '/api/v1/keys', { api, name: 'Production', scopes });
  expect(created.status).toBe(201);
  return created.body;
}
const manage = (method: string, path: string, json?: object) =>
  send(`${platform.url}${path}`, { method, headers: bearer(managementKey), json });
const noticesOf = async (id: string, kind: string) => {
  const { data } = (await manage('GET', '/api/v1/notices?limit=100')).json() as { data: readonly Notice[] };
  return data.filter((notice) => notice.key_id === id && notice.kind === kind);
};
const isDue = async (id: string) =>
  ((await manage('GET', `/api/v1/keys/${id}`)).json() as { rotation_due: boolean }).rotation_due;
const requestsOf = async (id: string) =>
  ((await manage('GET', `/api/v1/keys/${id}/usage?days=30`)).json() as { totals: { requests: number } }).totals
    .requests;
/** As a service does that checks the keys of its own visitors. A busy machine may answer 503, which counts as no use. */
const useFrom = (key: string, address: string) =>
  waitUntil(
    'a verification',
    async () => (await manage('POST', '/api/v1/keys/verify', { key, address })).status === 200,
    DEADLINE_MS,
  );

describe('the generic AI API', () => {
  it('[G10] tells of use from a network that a key was never used from, and of none from where it always comes', async () => {
    const { id, key } = used;
    for (let day = 0; day < 8; day++) {
      await useFrom(key, `192.0.2.${day}`);
      platform.clock.advanceSeconds(DAY_SECONDS);
    }
    await waitUntil('the habit to be counted', async () => (await requestsOf(id)) === 8, DEADLINE_MS);
    await useFrom(key, '192.0.2.99');
    await useFrom(key, '203.0.113.66');
    const told = () => noticesOf(id, 'key.unusual_use');
    await waitUntil('the notice', async () => (await told()).length > 0, DEADLINE_MS);
    expect(await told()).toMatchObject([
      { detail: { reason: 'new_network', network: '203.0.113.0/24', address: '203.0.113.66', api: 'generic' } },
    ]);
    expect(JSON.stringify(await told())).not.toContain(key.slice(-20));
  }, 120_000);

  it('[G10] flags a key for rotation when it is 90 days old, in what it shows and by a notice, once', async () => {
    await administrator.signIn(platform.admin);
    const { id } = await newKey('generic', 'read');
    const told = () => noticesOf(id, 'key.rotation_due');
    platform.clock.advanceSeconds(89 * DAY_SECONDS);
    expect([await isDue(id), await told()]).toEqual([false, []]);
    platform.clock.advanceSeconds(DAY_SECONDS);
    expect(await isDue(id)).toBe(true);
    await waitUntil('the notice', async () => (await told()).length > 0, DEADLINE_MS);
    platform.clock.advanceSeconds(DAY_SECONDS);
    expect(await told()).toMatchObject([{ detail: { api: 'generic', remind_after_days: '90' } }]);
  }, 120_000);
});
