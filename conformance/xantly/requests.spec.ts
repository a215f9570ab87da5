import { mintKey } from '@gatehouse/key-domain/mint-key';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { type PlatformUnderTest, startPlatform } from '../platform.js';
import { runCurl } from '../run-curl.js';
import { bearer, send } from '../send.js';

let platform: PlatformUnderTest;
let base: string;

beforeAll(async () => {
  platform = await startPlatform();
  base = platform.apiBase('xantly');
});
afterAll(() => platform?.stop());

const hello = { model: 'auto', messages: [{ role: 'user' as const, content: 'Hello' }] };
const chat = (key: string) =>
  send(`${base}/v1/chat/completions`, { method: 'POST', headers: bearer(key), json: hello });
const models = (headers: Record<string, string>) => send(`${base}/v1/models`, { headers });
const newKey = (...scopes: string[]) => platform.createKey({ api: 'xantly', scopes });
const sdk = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${base}/v1`, maxRetries: 0 });

async function raisedBy(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was raised');
}

const invalidApiKey = {
  error: { message: expect.any(String), type: 'authentication_error', code: 'invalid_api_key' },
};

describe('Xantly', () => {
  it('[X1] takes an API key sk-... as a bearer token, whatever the case of the scheme', async () => {
    const { key } = await newKey('models.read');
    expect(key).toMatch(/^sk-[0-9A-Za-z]+$/);
    expect((await models(bearer(key))).status).toBe(200);
    expect((await models({ authorization: `bearer ${key}` })).status).toBe(200);
  });

  it('[X3] creates a key through the management API', async () => {
    const created = await newKey('chat.write');
    expect((await chat(created.key)).status).toBe(200);
    const listed = (await platform.manage('GET', '/api/v1/keys?api=xantly')).json() as { data: { id: string }[] };
    expect(listed.data.map(({ id }) => id)).toContain(created.id);
  });

  it('[X11] tells volume and cost for each key', async () => {
    const [busy, idle] = [await newKey('chat.write'), await newKey('chat.write')];
    for (let time = 0; time < 3; time++) expect((await chat(busy.key)).status).toBe(200);
    expect((await models(bearer(busy.key))).status).toBe(403);
    const totalsOf = async (id: string) =>
      ((await platform.manage('GET', `/api/v1/keys/${id}/usage?days=1`)).json() as { totals: { requests: number } })
        .totals;
    await waitUntil('the requests to be counted', async () => (await totalsOf(busy.id)).requests === 4, 30_000);
    expect(await totalsOf(busy.id)).toMatchObject({ requests: 4, refused: 1, cost: 3 });
    expect(await totalsOf(idle.id)).toMatchObject({ requests: 0, cost: 0 });
  }, 60_000);

  it('[X4] serves the official OpenAI SDK, unmodified: a plain chat completion', async () => {
    const { key } = await newKey('chat.write');
    const completion = await sdk(key).chat.completions.create(hello);
    expect(completion.object).toBe('chat.completion');
    expect(completion.choices[0]?.message.content).toContain('Hello');
  });

  it('[X4] serves the official OpenAI SDK, unmodified: a streamed chat completion', async () => {
    const { key } = await newKey('chat.write');
    const stream = await sdk(key).chat.completions.create({ ...hello, stream: true });
    const pieces: string[] = [];
    for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? '');
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toContain('Hello');
  });

  it('[X5] answers the curl example as printed', async () => {
    const { key } = await newKey('chat.write');
    const command = String.raw`curl -sS https://api.xantly.com/v1/chat/completions \
  -H "Authorization: Bearer $XANTLY_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{"model":"auto","messages":[{"role":"user","content":"Hello"}]}'`;
    const written = await runCurl(command, 'https://api.xantly.com', platform.url, { XANTLY_API_KEY: key });
    expect(JSON.parse(written)).toMatchObject({ object: 'chat.completion' });
  });

  it.each([
    ['missing', async () => ({})],
    ['no bearer token', async () => ({ authorization: 'Basic c2stYWJjOg==' })],
    ['not a key', async () => bearer('not-a-key')],
    ['cut short', async () => bearer((await newKey('models.read')).key.slice(0, -1))],
    ['with one character changed', async () => bearer((await newKey('models.read')).key.replace(/.$/, otherDigit))],
    ['well-formed, but unknown', async () => bearer(mintKey('sk-'))],
    ['a key of another API', async () => bearer((await platform.createKey({ api: 'exante' })).key)],
    [
      'a key of another API with the same prefix',
      async () => bearer((await platform.createKey({ api: 'xantly-key-limit', scopes: ['models.read'] })).key),
    ],
  ])('[X6] answers 401 invalid_api_key when the token is %s', async (_, headers) => {
    const answer = await models(await headers());
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual(invalidApiKey);
  });

  it('[X6] answers 401 invalid_api_key when the token is revoked', async () => {
    const { id, key } = await newKey('models.read');
    expect((await models(bearer(key))).status).toBe(200);
    await platform.revokeKey(id);
    const answer = await models(bearer(key));
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual(invalidApiKey);
  });

  it('[X8] answers 403 insufficient_permissions when the key lacks the scope of the route', async () => {
    const { key } = await newKey('models.read');
    const answer = await chat(key);
    expect(answer.status).toBe(403);
    expect(answer.json()).toEqual({
      error: {
        message: 'The API key or account lacks the permission that this request needs: chat.write.',
        type: 'permission_error',
        code: 'insufficient_permissions',
      },
    });
  });

  it('[X9] lets a new key work beside the old one until the old one is revoked', async () => {
    const old = await newKey('chat.write');
    const next = await newKey('chat.write');
    expect([(await chat(old.key)).status, (await chat(next.key)).status]).toEqual([200, 200]);
    await platform.revokeKey(old.id);
    expect([(await chat(old.key)).status, (await chat(next.key)).status]).toEqual([401, 200]);
  });

  it('[X10] gives a key exactly the scopes that were assigned to it', async () => {
    const statusesOf = async (key: string) => [(await chat(key)).status, (await models(bearer(key))).status];
    const both = await newKey('chat.write', 'models.read');
    expect(both.scopes).toEqual(['chat.write', 'models.read']);
    expect(await statusesOf(both.key)).toEqual([200, 200]);
    expect(await statusesOf((await newKey('chat.write')).key)).toEqual([200, 403]);
    expect(await statusesOf((await newKey('models.read')).key)).toEqual([403, 200]);
    expect(await statusesOf((await newKey()).key)).toEqual([403, 403]);
    const unknown = { api: 'xantly', name: 'x', scopes: ['chat.everything'] };
    expect((await platform.manage('POST', '/api/v1/keys', unknown)).status).toBe(422);
  });

  it.each([
    ['an Origin', { origin: 'https://shop.example' }],
    ['an opaque Origin', { origin: 'null' }],
    ['Sec-Fetch-Mode: cors', { 'sec-fetch-mode': 'cors' }],
  ])('[X12] refuses a key in a request that a browser sends with %s, and invites none', async (_, headers) => {
    const { key } = await newKey('models.read');
    const answer = await models({ ...bearer(key), ...headers });
    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({ error: { code: 'browser_requests_refused', type: 'permission_error' } });
    expect(answer.header('access-control-allow-origin')).toBeUndefined();
  });

  it('[X12] does not answer a preflight with an invitation', async () => {
    const answer = await send(`${base}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    for (const name of [
      'access-control-allow-origin',
      'access-control-allow-headers',
      'access-control-allow-methods',
    ]) {
      expect(answer.header(name)).toBeUndefined();
    }
  });

  it('[X15] makes the OpenAI SDK raise AuthenticationError', async () => {
    const error = await raisedBy(sdk(mintKey('sk-')).chat.completions.create(hello));
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'authentication_error' });
  });

  it('[X15] makes the OpenAI SDK raise PermissionDeniedError, also where it asked for a stream', async () => {
    const { key } = await newKey('models.read');
    for (const stream of [false, true]) {
      const error = await raisedBy(sdk(key).chat.completions.create({ ...hello, stream }));
      expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
      expect(error).toMatchObject({ status: 403, code: 'insufficient_permissions', type: 'permission_error' });
    }
  });

  it('[X15] says every error in the envelope: bad paths, no such route and an unreachable upstream too', async () => {
    const { key } = await newKey();
    const unreachable = platform.apiBase('xantly-unreachable');
    const other = await platform.createKey({ api: 'xantly-unreachable', scopes: ['models.read'] });
    const answers = await Promise.all([
      send(`${base}/v1//models`, { headers: bearer(key) }),
      send(`${base}/v1/%2e%2e/models`, { headers: bearer(key) }),
      send(`${base}/v1/models`, { method: 'DELETE' }),
      send(`${base}/v1/models?api_key=${key}`),
      send(`${unreachable}/v1/else`, { headers: bearer(other.key) }),
      send(`${unreachable}/v1/models`, { headers: bearer(other.key) }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 401, 401, 404, 502]);
    for (const answer of answers) {
      expect(answer.header('content-type')).toMatch(/^application\/json/);
      expect(answer.json()).toEqual({
        error: { message: expect.any(String), type: expect.any(String), code: expect.any(String) },
      });
    }
  });
});

/** Another digit than this one, so that the key's check no longer holds. */
function otherDigit(digit: string): string {
  return digit === 'a' ? 'b' : 'a';
}
