import { mintKey } from '@gatehouse/key-domain/mint-key';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CreatedKey, type PlatformUnderTest, startPlatform } from '../platform.js';
import { runCurl } from '../run-curl.js';
import { bearer, send } from '../send.js';

let platform: PlatformUnderTest;
let base: string;

beforeAll(async () => {
  platform = await startPlatform();
  base = platform.apiBase('exante');
});
afterAll(() => platform?.stop());

const DAY_MS = 86_400_000;
const invoices = (headers: Record<string, string>) => send(`${base}/api/invoices`, { headers });
const newKey = (more: object = {}) => platform.createKey({ api: 'exante', scopes: ['invoices.read'], ...more });
const keyOf = async (id: string) => (await platform.manage('GET', `/api/v1/keys/${id}`)).json();

async function messageOf(headers: Record<string, string>): Promise<string> {
  const answer = await invoices(headers);
  expect(answer.status).toBe(401);
  return (answer.json() as { message: string }).message;
}

describe('Exante', () => {
  it('[E1] needs a valid key on every request, and answers GET /api/invoices with one', async () => {
    const { key } = await newKey();
    const answer = await invoices(bearer(key));
    expect(answer.status).toBe(200);
    expect(answer.json()).toHaveProperty('invoices');
    for (const path of ['/api/invoices', '/api/else', '/']) expect((await send(`${base}${path}`)).status).toBe(401);
  });

  it.each([
    [
      String.raw`curl https://dev.exante.app/api/invoices \
  -H "Authorization: Bearer ex_live_xxxxxxxxxxxxxxxxx"`,
    ],
    [
      String.raw`curl --request GET \
  --url https://dev.exante.app/api/invoices \
  --header 'Authorization: Bearer ex_live_xxxxxxxxxxxxxxxxx'`,
    ],
  ])('[E1] answers the printed example %s', async (printed) => {
    const { key } = await newKey();
    const command = printed.replace('ex_live_xxxxxxxxxxxxxxxxx', key);
    expect(JSON.parse(await runCurl(command, 'https://dev.exante.app', platform.url))).toHaveProperty('invoices');
  });

  it('[E2] begins live keys with ex_live_ and test keys with ex_test_', async () => {
    expect((await newKey()).key).toMatch(/^ex_live_/);
    expect((await newKey({ environment: 'live' })).key).toMatch(/^ex_live_/);
    const test = await newKey({ environment: 'test' });
    expect(test.key).toMatch(/^ex_test_/);
    expect((await invoices(bearer(test.key))).status).toBe(200);
  });

  it('[E3] displays a key as prefix, dots and its last four characters', async () => {
    const created = await newKey();
    expect(created.display).toBe(`ex_live_...${created.key.slice(-4)}`);
    expect(await keyOf(created.id)).toMatchObject({ display: created.display });
  });

  it('[E5] has the full key in the answer to its creation and nowhere after', async () => {
    const created = await newKey();
    await invoices(bearer(created.key));
    const secret = created.key.slice('ex_live_'.length);
    const answers = [
      await platform.manage('GET', `/api/v1/keys/${created.id}`),
      await platform.manage('GET', '/api/v1/keys?api=exante&limit=100'),
      await platform.manage('POST', `/api/v1/keys/${created.id}/revoke`, {}),
      await invoices(bearer(created.key)),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 401]);
    for (const { text } of answers) expect(text).not.toContain(secret);
  });

  it('[E6] makes a key from a descriptive name and optionally an expiration, and from nothing without a name', async () => {
    const lasting = await newKey({ name: 'Nightly export' });
    const ending = await newKey({ name: 'Two weeks of tests', expires_in_days: 14 });
    expect(await keyOf(lasting.id)).toMatchObject({ name: 'Nightly export', expires_at: null });
    expect(await keyOf(ending.id)).toMatchObject({ name: 'Two weeks of tests', expires_at: ending.expires_at });
    expect(Date.parse(ending.expires_at ?? '') - Date.parse(ending.created_at)).toBe(14 * DAY_MS);
    const unnamed = await platform.manage('POST', '/api/v1/keys', { api: 'exante', scopes: [] });
    expect([unnamed.status, unnamed.json()]).toEqual([
      422,
      expect.objectContaining({ errors: { name: expect.any(String) } }),
    ]);
  });

  it('[E13] lets the activity of a key be reviewed: when it was used last, how often, and each request', async () => {
    const { id, key } = await newKey();
    for (const path of ['/api/invoices', '/api/invoices?page=2'])
      await send(`${base}${path}`, { headers: bearer(key) });
    await send(`${base}/api/invoices`, { method: 'POST', headers: bearer(key), json: {} });
    const usage = async () => (await platform.manage('GET', `/api/v1/keys/${id}/usage?days=1`)).json();
    await waitUntil(
      'three requests to be counted',
      async () => ((await usage()) as { totals: { requests: number } }).totals.requests === 3,
      30_000,
    );
    expect(await usage()).toMatchObject({
      totals: { requests: 3, refused: 1 },
      last_used: { route: 'POST /api/invoices', address: expect.any(String) },
    });
    expect(await keyOf(id)).toMatchObject({ last_used: { route: 'POST /api/invoices' } });
    const log = (await platform.manage('GET', `/api/v1/keys/${id}/requests`)).json();
    expect(log).toMatchObject({ data: [{ status: 403 }, { status: 200 }, { status: 200 }] });
  }, 60_000);

  it('[E7] creates, lists for the organization and revokes keys programmatically', async () => {
    const one = await newKey({ name: 'Nightly export' });
    const two = await newKey();
    const listed = async () =>
      (
        (await platform.manage('GET', '/api/v1/keys?api=exante&limit=100')).json() as {
          data: { id: string; name: string; state: string }[];
        }
      ).data;
    const before = await listed();
    expect(before.find(({ id }) => id === one.id)).toMatchObject({ name: 'Nightly export', state: 'active' });
    expect(before.find(({ id }) => id === two.id)).toMatchObject({ state: 'active' });
    await platform.revokeKey(one.id);
    const after = await listed();
    expect(after.find(({ id }) => id === one.id)).toMatchObject({ state: 'revoked' });
    expect(after.find(({ id }) => id === two.id)).toMatchObject({ state: 'active' });
  });

  it('[E8] takes expires_in_days, and a key without it never expires', async () => {
    expect((await newKey()).expires_at).toBeNull();
    const { created_at, expires_at } = await newKey({ expires_in_days: 30 });
    expect(Date.parse(expires_at ?? '') - Date.parse(created_at)).toBe(30 * DAY_MS);
    for (const expires_in_days of [0, -1, 1.5, '30']) {
      const body = { api: 'exante', name: 'x', scopes: [], expires_in_days };
      expect((await platform.manage('POST', '/api/v1/keys', body)).status).toBe(422);
    }
  });

  it('[E9] [E11] refuses an expired key, which cannot be renewed and stays visible', async () => {
    const created = await newKey({ expires_at: new Date(Date.now() + 3_000).toISOString() });
    expect((await invoices(bearer(created.key))).status).toBe(200);
    const refused = await untilRefused(created);
    expect(refused.status).toBe(401);
    expect(refused.json()).toMatchObject({ code: 'api_key_expired', message: expect.stringContaining('expired') });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(created.expires_at ?? ''));

    const renewal = { expires_at: new Date(Date.now() + DAY_MS).toISOString() };
    const renewed = await platform.manage('PATCH', `/api/v1/keys/${created.id}`, renewal);
    expect(renewed.status).toBeGreaterThanOrEqual(400);
    expect((await invoices(bearer(created.key))).status).toBe(401);
    expect(await keyOf(created.id)).toMatchObject({ state: 'expired', expires_at: created.expires_at });
    const listed = (await platform.manage('GET', '/api/v1/keys?api=exante&limit=100')).json() as {
      data: { id: string }[];
    };
    expect(listed.data.map(({ id }) => id)).toContain(created.id);
  });

  it('[E11] says which case it is: no header, another form, revoked', async () => {
    const { id, key } = await newKey();
    const missing = await messageOf({});
    expect(missing).toContain('missing');
    for (const value of ['Basic dTpw', key, 'Bearer', `Bearer${key}`, `Token ${key}`]) {
      const form = await messageOf({ authorization: value });
      expect(form).toContain('must start with Bearer');
    }
    await platform.revokeKey(id);
    expect(await messageOf(bearer(key))).toContain('revoked');
  });

  it('[E11] lets unknown keys and wrong keys read alike', async () => {
    const { key } = await newKey();
    const wrong = [
      mintKey('ex_live_'),
      mintKey('ex_test_'),
      key.slice(0, -1),
      `${key}0`,
      key.replace(/.$/, (digit) => (digit === 'a' ? 'b' : 'a')),
      'ex_live_xxxxxxxxxxxxxxxxx',
      (await platform.createKey({ api: 'xantly' })).key,
      (await platform.createKey({ api: 'exante-second', scopes: ['invoices.read'] })).key,
    ];
    const answers = await Promise.all(wrong.map((secret) => invoices(bearer(secret))));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.json()).toMatchObject({ code: 'invalid_api_key', message: expect.stringContaining('invalid') });
  });

  it('[E11] answers 403, with a message that says so, when the key lacks permission', async () => {
    const { key } = await newKey();
    const answer = await send(`${base}/api/invoices`, {
      method: 'POST',
      headers: bearer(key),
      json: { customer: 'Northwind', amount: 100, currency: 'EUR' },
    });
    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({
      code: 'insufficient_permissions',
      message: expect.stringContaining('lacks permission'),
    });
  });
});

/** Asks until the key is no longer accepted; the moment is the platform's to find. */
async function untilRefused({ key }: CreatedKey) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const answer = await invoices(bearer(key));
    if (answer.status !== 200 || Date.now() > deadline) return answer;
  }
}
