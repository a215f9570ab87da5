import { mintKey } from '@gatehouse/key-domain/mint-key';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PlatformUnderTest, startPlatform } from '../platform.js';
import { runCurl } from '../run-curl.js';
import { type Answer, bearer, send } from '../send.js';
import { limitHeaders } from './limit-headers.js';

let platform: PlatformUnderTest;
let base: string;
let key: string;
let reader: string;

beforeAll(async () => {
  platform = await startPlatform();
  base = platform.apiBase('altrixy');
  key = (await platform.createKey({ api: 'altrixy', scopes: ['portfolios.read', 'portfolios.write'] })).key;
  reader = (await platform.createKey({ api: 'altrixy', scopes: ['portfolios.read'] })).key;
});
afterAll(() => platform?.stop());

const withKey = (secret: string) => ({ 'x-api-key': secret });
const get = (path: string, headers: Record<string, string> = withKey(key)) => send(`${base}${path}`, { headers });
const create = (json: unknown, secret = key) =>
  send(`${base}/v1/portfolios`, { method: 'POST', headers: withKey(secret), json });

/** The document's table: how each of its errors comes about. */
const ERRORS: readonly (readonly [number, string, string, () => Promise<Answer>])[] = [
  [400, 'invalid_request', 'a malformed path', () => get('/v1//portfolios')],
  [401, 'unauthorized', 'two keys in one header', () => get('/v1/portfolios', { 'x-api-key': `${key},${key}` })],
  [400, 'invalid_request', 'a missing field', () => create({ name: 'Bonds' })],
  [401, 'unauthorized', 'no key', () => get('/v1/portfolios', {})],
  [401, 'unauthorized', 'a malformed key', () => get('/v1/portfolios', withKey('altx_sk_your_key_here'))],
  [401, 'unauthorized', 'an unknown key', () => get('/v1/portfolios', withKey(mintKey('altx_sk_')))],
  [401, 'unauthorized', 'the key in another header', () => get('/v1/portfolios', bearer(key))],
  [401, 'unauthorized', 'the key in the query', () => get(`/v1/portfolios?api_key=${key}`, {})],
  [401, 'unauthorized', 'a revoked key', async () => get('/v1/portfolios', withKey(await revokedKey()))],
  [403, 'forbidden', 'a key without the scope', () => create({ name: 'Bonds', slug: 'bonds' }, reader)],
  [404, 'not_found', 'a route that is not there', () => get('/v1/nothing')],
  [404, 'not_found', 'a method that nobody knows', () => send(`${base}/v1/portfolios`, { method: 'PROPFIND' })],
  [404, 'not_found', 'a portfolio that is not there', () => get('/v1/portfolios/pf_9')],
  [409, 'conflict', 'a slug that is taken', () => create({ name: 'Mine', slug: 'income' })],
  [500, 'internal_error', 'a fault', () => get('/v1/portfolios/pf_broken')],
];

describe('Altrixy', () => {
  it('[A1] makes a key under a descriptive name, and shows it once', async () => {
    const made = await platform.createKey({ api: 'altrixy', name: 'Quarterly report', scopes: ['portfolios.read'] });
    const shown = await platform.manage('GET', `/api/v1/keys/${made.id}`);
    expect(shown.json()).toMatchObject({ name: 'Quarterly report', display: made.display });
    const listed = await platform.manage('GET', '/api/v1/keys?api=altrixy&limit=100');
    for (const { text } of [shown, listed]) {
      expect(text).toContain('Quarterly report');
      expect(text).not.toContain(made.key.slice('altx_sk_'.length, -6));
    }
  });

  it('[A3] begins keys with altx_sk_', async () => {
    expect(key).toMatch(/^altx_sk_[0-9A-Za-z]{49}$/);
    const { display } = await platform.createKey({ api: 'altrixy' });
    expect(display).toMatch(/^altx_sk_\.\.\..{4}$/);
  });

  it('[A4] answers the curl example as printed', async () => {
    const printed = String.raw`curl -H "X-API-Key: altx_sk_your_key_here" \
  https://api.altrixy.com/v1/portfolios`;
    const command = printed.replace('altx_sk_your_key_here', key);
    expect(JSON.parse(await runCurl(command, 'https://api.altrixy.com', platform.url))).toHaveProperty('portfolios');
  });

  it('[A4] authenticates with X-API-Key, whatever the case of its name, and with nothing else', async () => {
    expect((await get('/v1/portfolios')).status).toBe(200);
    expect((await get('/v1/portfolios', { 'X-API-KEY': key })).status).toBe(200);
    expect((await create({ name: 'Bonds', slug: 'bonds' })).status).toBe(201);
    expect((await get('/v1/portfolios', bearer(key))).status).toBe(401);
    expect((await get('/v1/portfolios', { 'x-api-key': `Bearer ${key}` })).status).toBe(401);
  });

  it('[A4] challenges for an API key, and says what was wrong with the one that was sent', async () => {
    const challenge = async (headers: Record<string, string>) =>
      (await get('/v1/portfolios', headers)).header('www-authenticate');
    expect(await challenge({})).toBe('ApiKey realm="altrixy"');
    expect(await challenge(withKey(mintKey('altx_sk_')))).toBe('ApiKey realm="altrixy", error="invalid_token"');
    expect((await create({}, reader)).header('www-authenticate')).toBe(
      'ApiKey realm="altrixy", error="insufficient_scope", scope="portfolios.write"',
    );
  });

  it.each(ERRORS)('[A12] [A13] [A10] answers %i %s to %s', async (status, error, _, ask) => {
    const answer = await ask();
    expect([answer.status, answer.text]).toEqual([status, expect.any(String)]);
    expect(answer.json()).toEqual({ error, message: expect.stringMatching(/./), details: {} });
    expect(Object.keys(answer.json() as object)).toEqual(['error', 'message', 'details']);
    expect(answer.header('content-type')).toMatch(/^application\/json/);
    limitHeaders(answer);
  });

  it('[A13] [A10] answers 422 validation_error with details by field', async () => {
    const answer = await create({ name: '', slug: 'Not A Slug', currency: 7 });
    expect(answer.status).toBe(422);
    expect(answer.json()).toEqual({
      error: 'validation_error',
      message: expect.any(String),
      details: { name: expect.any(String), slug: expect.any(String), currency: expect.any(String) },
    });
    limitHeaders(answer);
  });

  it('[A12] [A10] keeps the form and the headers where the API behind is not there', async () => {
    const secret = (await platform.createKey({ api: 'altrixy-unreachable', scopes: ['portfolios.read'] })).key;
    const answer = await send(`${platform.apiBase('altrixy-unreachable')}/v1/portfolios`, { headers: withKey(secret) });
    expect([answer.status, answer.json()]).toEqual([
      502,
      { error: 'bad_gateway', message: expect.any(String), details: {} },
    ]);
    limitHeaders(answer);
  });

  it('[A10] counts down on answers that are let through, and tells the same numbers on those that are not', async () => {
    const api = 'altrixy-key-limit';
    const secret = (await platform.createKey({ api, scopes: ['portfolios.read'] })).key;
    const at = `${platform.apiBase(api)}/v1/portfolios`;
    const read = async () => limitHeaders(await send(at, { headers: withKey(secret) }));
    const write = async () => limitHeaders(await send(at, { method: 'POST', headers: withKey(secret), json: {} }));
    const numbers = [await read(), await write(), await read(), await write(), await read(), await read()];
    expect(numbers.map(({ limit, remaining }) => [limit, remaining])).toEqual([
      [3, 2],
      [3, 2],
      [3, 1],
      [3, 1],
      [3, 0],
      [3, 0],
    ]);
    expect(new Set(numbers.map(({ reset }) => reset)).size).toBe(1);
  });

  it('[A10] tells the limits of the free plan, unused, where no key is known', async () => {
    const answer = await send(`${platform.apiBase('altrixy-plans')}/v1/portfolios`);
    expect(answer.status).toBe(401);
    expect(limitHeaders(answer)).toMatchObject({ limit: 30, remaining: 30 });
    expect(limitHeaders(answer).reset % 60).toBe(0);
  });

  it('[A11] says when to come back: in the header, in the message and as a number', async () => {
    const api = 'altrixy-key-limit';
    const secret = (await platform.createKey({ api, scopes: ['portfolios.read'] })).key;
    const ask = () => send(`${platform.apiBase(api)}/v1/portfolios`, { headers: withKey(secret) });
    for (let request = 0; request < 3; request++) expect((await ask()).status).toBe(200);
    const answer = await ask();
    expect(answer.status).toBe(429);
    const seconds = answer.header('retry-after') ?? '';
    expect(seconds).toMatch(/^[1-9]\d*$/);
    expect(answer.text).toBe(
      `{"error":"rate_limit_exceeded","message":"Rate limit exceeded. Try again in ${seconds} seconds.","retry_after":${seconds}}`,
    );
    expect(limitHeaders(answer)).toMatchObject({ limit: 3, remaining: 0 });
  });
});

async function revokedKey(): Promise<string> {
  const created = await platform.createKey({ api: 'altrixy', scopes: ['portfolios.read'] });
  await platform.revokeKey(created.id);
  return created.key;
}
