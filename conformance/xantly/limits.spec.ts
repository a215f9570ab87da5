import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { type PlatformUnderTest, startPlatform } from '../platform.js';
import { bearer, send } from '../send.js';

let platform: PlatformUnderTest;

beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.stop());

const newKey = async (api: string) => (await platform.createKey({ api, scopes: ['models.read', 'chat.write'] })).key;
const models = (api: string, key: string) => send(`${platform.apiBase(api)}/v1/models`, { headers: bearer(key) });
const statuses = async (api: string, keys: readonly string[]) => {
  const answers: number[] = [];
  for (const key of keys) answers.push((await models(api, key)).status);
  return answers;
};

describe('Xantly, at its limits', () => {
  it('[X13] limits each key: three of three get through, the fourth does not, another key is not touched', async () => {
    const [key, other] = [await newKey('xantly-key-limit'), await newKey('xantly-key-limit')];
    expect(await statuses('xantly-key-limit', [key, key, key, key, other])).toEqual([200, 200, 200, 429, 200]);
  });

  it('[X13] admits exactly the quota when many come at once', async () => {
    const key = await newKey('xantly-key-limit');
    const answers = await Promise.all(Array.from({ length: 40 }, () => models('xantly-key-limit', key)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(37);
  });

  it('[X13] limits all keys of the organization together', async () => {
    const api = 'xantly-organization-limit';
    const [one, two, three] = [await newKey(api), await newKey(api), await newKey(api)];
    expect(await statuses(api, [one, two, one, two, three])).toEqual([200, 200, 200, 429, 429]);
  });

  it('[X13] [X14] says when to come back, in the header and in the body alike', async () => {
    const key = await newKey('xantly-key-limit');
    await statuses('xantly-key-limit', [key, key, key]);
    const refused = await models('xantly-key-limit', key);
    expect(refused.status).toBe(429);
    const seconds = refused.header('retry-after') ?? '';
    expect(seconds).toMatch(/^[1-9]\d*$/);
    expect(refused.text).toBe(
      `{"error":{"message":"Rate limit exceeded. Retry after ${seconds} seconds.","type":"rate_limit_error","code":"rate_limit_exceeded"}}`,
    );
  });

  it('[X15] makes the OpenAI SDK raise RateLimitError', async () => {
    const key = await newKey('xantly-key-limit');
    const sdk = new OpenAI({ apiKey: key, baseURL: `${platform.apiBase('xantly-key-limit')}/v1`, maxRetries: 0 });
    const ask = () => sdk.chat.completions.create({ model: 'auto', messages: [{ role: 'user', content: 'Hello' }] });
    for (let allowed = 0; allowed < 3; allowed++) await ask();
    const error = await ask().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' });
  });
});
