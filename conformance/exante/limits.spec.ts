import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PlatformUnderTest, startPlatform } from '../platform.js';
import { bearer, send } from '../send.js';

let platform: PlatformUnderTest;

beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.stop());

const newKey = async (api: string) => (await platform.createKey({ api, scopes: ['invoices.read'] })).key;
const invoices = (api: string, key: string) => send(`${platform.apiBase(api)}/api/invoices`, { headers: bearer(key) });

describe('Exante, at its limits', () => {
  it('[E10] limits each key by itself, with 429 and Retry-After in seconds', async () => {
    const [key, other] = [await newKey('exante-key-limit'), await newKey('exante-key-limit')];
    const answers = [];
    for (let request = 0; request < 4; request++) answers.push(await invoices('exante-key-limit', key));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers[3]?.header('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(answers[3]?.json()).toMatchObject({ error: 'Too Many Requests', code: 'rate_limit_exceeded' });
    expect((await invoices('exante-key-limit', other)).status).toBe(200);
  });

  it('[E10] lets a lone caller through after exactly Retry-After seconds', async () => {
    const key = await newKey('exante-second');
    const deadline = Date.now() + 10_000;
    let refused = await invoices('exante-second', key);
    while (refused.status !== 429 && Date.now() < deadline) refused = await invoices('exante-second', key);
    expect(refused.status).toBe(429);
    // The wait is the promise under test.
    await wait(Number(refused.header('retry-after')) * 1_000);
    expect((await invoices('exante-second', key)).status).toBe(200);
  });

  it('[E10] counts down in the headers of answers that are let through', async () => {
    const key = await newKey('exante-key-limit');
    const remaining = [];
    for (let request = 0; request < 4; request++) {
      const answer = await invoices('exante-key-limit', key);
      remaining.push([answer.header('x-ratelimit-limit'), answer.header('x-ratelimit-remaining')]);
    }
    expect(remaining).toEqual([
      ['3', '2'],
      ['3', '1'],
      ['3', '0'],
      ['3', '0'],
    ]);
  });
});
