import type { Server } from 'node:http';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { exampleFacts, type GatewayUnderTest, listen, SECRET, startGateway } from './gateway-under-test.conformance.js';
import { bodyOf, rawExchange, rawRequest, statusOf } from './raw-request.conformance.js';

const KEY = `Authorization: Bearer ${SECRET}`;
const DIGEST = digestKey(SECRET).toString('hex');

let upstream: Server;
let seen: { readonly url: string; readonly method: string; readonly rawHeaders: string[] }[];
let gateway: GatewayUnderTest;

beforeEach(async () => {
  seen = [];
  upstream = await listen((request, response) => {
    seen.push({ url: request.url ?? '', method: request.method ?? '', rawHeaders: request.rawHeaders });
    response.end('from upstream');
  });
  gateway = await startGateway(upstream);
});

afterEach(async () => {
  await gateway.stop();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

const send = (line: string, ...headers: string[]) => rawExchange(gateway.port, rawRequest(line, headers));

describe('a request that must not go on', () => {
  const wrong = mintKey('ex_live_', Buffer.alloc(32, 9));
  it.each([
    ['no key', [], 401, 'credential_missing'],
    ['a key twice', [KEY, KEY], 400, 'credential_repeated'],
    ['two different keys', [KEY, `X-API-Key: ${wrong}`], 400, 'credentials_disagree'],
    ['another scheme', ['Authorization: Basic abc'], 401, 'credential_malformed'],
    ['noise as a key', ['Authorization: Bearer ex_live_noise'], 401, 'key_malformed'],
    ['a key with a wrong check', [`${KEY.slice(0, -1)}${KEY.endsWith('a') ? 'b' : 'a'}`], 401, 'key_malformed'],
    ['a well-formed key that nobody has', [`X-API-Key: ${wrong}`], 401, 'key_unknown'],
    ['an Origin [X12]', [KEY, 'Origin: https://a.example'], 403, 'browser_refused'],
    ['Sec-Fetch-Mode: cors [X12]', [KEY, 'Sec-Fetch-Mode: cors'], 403, 'browser_refused'],
    ['two hosts', [KEY, 'Host: other.example'], 400, 'request_malformed'],
    ['an upgrade', [KEY, 'Upgrade: websocket', 'Connection: Upgrade'], 501, 'upgrade_unsupported'],
  ])('is refused: %s', async (_, headers, status, code) => {
    const answer = await send('GET /v1/x', ...headers);
    expect(statusOf(answer)).toBe(status);
    expect(bodyOf(answer)).toMatchObject({ error: code, key: null });
    expect(answer).toMatch(/\r\ncache-control: no-store\r\n/i);
    expect(answer).toMatch(/\r\nx-request-id: req_[0-9A-Za-z]{22}\r\n/i);
    expect(answer).not.toMatch(/access-control-/i);
    expect(seen).toEqual([]);
    expect(gateway.takeBatches).toEqual([]);
  });

  it.each([
    ['a token', 'access_token=x'],
    ['a token, its name encoded', 'a=1&access%5Ftoken=x'],
    ['a token, as a lenient upstream would read it', 'a=1;Access.Token=x'],
    ['the very key', `anything=${SECRET}`],
    ['the key in other spelling', `a=%65${SECRET.slice(1)}`],
    ['another key', `api_key=${mintKey('ex_live_', Buffer.alloc(32, 99))}`],
  ])('is refused: a good key, and in the query %s [T-12] [H-029]', async (_, query) => {
    const answer = await send(`GET /v1/x?${query}`, KEY);
    expect([statusOf(answer), bodyOf(answer)]).toEqual([
      400,
      expect.objectContaining({ error: 'credential_repeated' }),
    ]);
    expect(seen).toEqual([]);
    expect(gateway.verifyBatches).toEqual([]);
  });

  it.each(['access_token=', 'q=access_token', 'my_access_token=x', 'q=ex_live_', 'q=ex_live_noise', 'token=%2F&%zz'])(
    'is let through with a query that only looks a little so: %s',
    async (query) => {
      expect(statusOf(await send(`GET /v1/x?${query}`, KEY))).toBe(200);
      expect(seen).toMatchObject([{ url: `/v1/x?${query}` }]);
    },
  );

  it('never reads a key from the query string', async () => {
    expect(bodyOf(await send(`GET /v1/x?api_key=${SECRET}&access_token=${SECRET}`))).toMatchObject({
      error: 'credential_missing',
    });
  });

  it.each(['TRACE /v1/x', 'PROPFIND /v1/x'])('is refused by its method: %s', async (line) => {
    expect(bodyOf(await send(line, KEY))).toMatchObject({ error: 'route_unknown' });
    expect(seen).toEqual([]);
  });

  it('never asks the keys service about what cannot be a key', async () => {
    await send('GET /', 'Authorization: Bearer ex_live_noise');
    expect(gateway.verifyBatches).toEqual([]);
  });

  it.each([
    ['revoked', exampleFacts({ state: 'revoked' }), 401, 'key_revoked', 'key_1'],
    ['disabled', exampleFacts({ state: 'disabled' }), 401, 'key_disabled', 'key_1'],
    ['expired', exampleFacts({ expiresAtMs: 1 }), 401, 'key_expired', 'key_1'],
    ['of another API', exampleFacts({ api: 'other' }), 401, 'key_of_other_api', null],
  ])('is refused: its key is %s', async (_, facts, status, code, named) => {
    gateway.keys.set(DIGEST, facts);
    const answer = await send('GET /v1/x', KEY);
    expect(statusOf(answer)).toBe(status);
    expect(bodyOf(answer)).toMatchObject({ error: code, key: named });
    expect(answer).toMatch(/\r\nwww-authenticate: Bearer [^\r]*error="invalid_token"/i);
    expect(seen).toEqual([]);
  });

  it.each([
    ['used from elsewhere than it may be', exampleFacts({ allowedAddresses: ['192.0.2.0/24'] }), 'address_refused'],
    ['of a suspended organization', exampleFacts({ organizationSuspended: true }), 'organization_suspended'],
    ['used up', exampleFacts({ uses: 'exhausted' }), 'uses_exhausted'],
  ])('is refused: its key is %s', async (_, facts, code) => {
    gateway.keys.set(DIGEST, facts);
    const answer = await send('GET /v1/x', KEY);
    expect(statusOf(answer)).toBe(403);
    expect(bodyOf(answer)).toMatchObject({ error: code, key: 'key_1' });
    expect(gateway.takeBatches).toEqual([]);
    expect(seen).toEqual([]);
  });

  it('is refused where its key is quarantined, unless it only reads', async () => {
    gateway.keys.set(DIGEST, exampleFacts({ state: 'quarantined' }));
    expect(bodyOf(await send('DELETE /v1/x', KEY))).toMatchObject({ error: 'key_quarantined' });
    expect(seen).toEqual([]);
    expect(statusOf(await send('GET /v1/x', KEY))).toBe(200);
  });

  it('is refused with 503 where the uses of its key cannot be spent: nobody answers that here', async () => {
    gateway.keys.set(DIGEST, exampleFacts({ uses: 'left' }));
    const answer = await send('GET /v1/x', KEY);
    expect(statusOf(answer)).toBe(503);
    expect(bodyOf(answer)).toMatchObject({ error: 'verification_unavailable' });
    expect(seen).toEqual([]);
  });

  it('says no error in WWW-Authenticate where no credential was sent', async () => {
    const answer = await send('GET /v1/x');
    expect(answer).toMatch(/\r\nwww-authenticate: Bearer /i);
    expect(answer).not.toContain('invalid_token');
  });

  it('names the scope that is missing', async () => {
    const answer = await send('GET /admin/users', KEY);
    expect(statusOf(answer)).toBe(403);
    expect(answer).toMatch(/www-authenticate: Bearer [^\r]*error="insufficient_scope", scope="admin"/i);
    expect(gateway.takeBatches).toEqual([]);
  });

  it('sees a revocation on the very next request, though the key was good before', async () => {
    expect(statusOf(await send('GET /v1/x', KEY))).toBe(200);
    expect(statusOf(await send('GET /v1/x', KEY))).toBe(200);
    gateway.keys.set(DIGEST, exampleFacts({ revision: 2, state: 'revoked' }));
    expect(statusOf(await send('GET /v1/x', KEY))).toBe(401);
    gateway.keys.delete(DIGEST);
    expect(bodyOf(await send('GET /v1/x', KEY))).toMatchObject({ error: 'key_unknown' });
  });

  it('decides anew for each dimension of a request, whatever went before [H-115]', async () => {
    expect(statusOf(await send('GET /v1/x', KEY))).toBe(200);
    expect(statusOf(await send('GET /admin/x', KEY))).toBe(403);
    expect(statusOf(await send('GET /v1/x', KEY, 'Origin: https://a.example'))).toBe(403);
    expect(statusOf(await send('GET /v1/x', `X-API-Key: ${wrong}`))).toBe(401);
  });

  it('is told how long to wait when it is over a limit, and how its limit stands', async () => {
    gateway.answerTake(() => ({
      kind: 'refused',
      retryAfterSeconds: 7,
      windows: [
        { subject: 'key:key_1', windowSeconds: 60, quota: 60, remaining: 0, resetAtSeconds: 7 },
        { subject: 'org:org_1:example', windowSeconds: 60, quota: 100, remaining: 40, resetAtSeconds: 7 },
      ],
    }));
    const answer = await send('GET /v1/x', KEY);
    expect(statusOf(answer)).toBe(429);
    expect(bodyOf(answer)).toMatchObject({ error: 'rate_limited', retry_after: 7 });
    expect(answer).toMatch(/\r\nretry-after: 7\r\n/i);
    expect(answer).toMatch(/\r\nx-ratelimit-limit: 60\r\nx-ratelimit-remaining: 0\r\n/i);
    expect(seen).toEqual([]);
  });

  it('ends at headers of a megabyte [H-140]', async () => {
    expect(statusOf(await send('GET /v1/x', KEY, `X-Big: ${'a'.repeat(1_000_000)}`))).toBe(431);
  });

  it('is said plainly where no API has the name', async () => {
    const answer = await rawExchange(gateway.port, rawRequest('GET /apis/none/x', [KEY], 'localhost'));
    expect(statusOf(answer)).toBe(404);
    expect(bodyOf(answer)).toMatchObject({ code: 'not_found', status: 404 });
    expect(answer).toMatch(/application\/problem\+json/);
  });
});

describe('a path that could be read as another one [H-103] [H-104]', () => {
  const hostile = [
    '/public/../admin',
    '/public/%2e%2e/admin',
    '/public/..;/admin',
    '//admin',
    '/./admin',
    '/%61dmin',
    '/admin%2f',
    '/admin;x',
    '/admin/',
    '/admin%00',
    '/\\admin',
    '/public/..%5cadmin',
    '/public%2f..%2fadmin',
    '/%2561dmin',
    '/%c0%ae%c0%ae/admin',
    '/admin?x',
    '/admin#x',
    '/public#/../admin',
    '/admin%23x',
    '/admin%3fx',
    '/%41dmin/..%2f',
    'http://evil.example/admin',
    'http://api.example.com/admin',
    '*',
    '/admin/%2e',
    '/%2e%2e',
    '/ADMIN',
  ];

  it.each(hostile)('%s never reaches what the key may not see', async (target) => {
    await send(`GET ${target}`, KEY);
    for (const { url } of seen) {
      const plain = new URL(url, 'http://upstream').pathname;
      expect(decodeURIComponent(plain)).not.toMatch(/^\/admin(\/|$)/);
      expect(url.startsWith('/')).toBe(true);
    }
  });

  it('is answered with 400 where it is ambiguous, and judged as what it means where it is not', async () => {
    const statuses = [];
    for (const target of hostile) statuses.push([target, statusOf(await send(`GET ${target}`, KEY))]);
    const other = new Map([
      ['/%61dmin', 403],
      ['/admin/', 403],
      ['/admin?x', 403],
    ]);
    expect(statuses).toEqual(hostile.map((target) => [target, other.get(target) ?? 400]));
  });

  it('is refused where its spelling alone evades a scope, and goes on where its own case matters', async () => {
    for (const target of ['/ADMIN/x', '/admin%20', '/admin./x', '/%EF%BC%A1dmin']) {
      expect(bodyOf(await send(`GET ${target}`, KEY))).toMatchObject({ error: 'path_ambiguous' });
    }
    expect(statusOf(await send('GET /users/AbC%20', KEY))).toBe(200);
    expect(seen.map(({ url }) => url)).toEqual(['/users/AbC%20']);
  });

  it('goes upstream in the form that was judged', async () => {
    await send('GET /%61%2Fb', KEY);
    await send('GET /v1/%7euser/c%2b?q=%2e%2e/x', KEY);
    expect(seen.map(({ url }) => url)).toEqual(['/v1/~user/c%2B?q=%2e%2e/x']);
  });
});

describe('plain HTTP in production [T29]', () => {
  it('is refused, not redirected, and HSTS is sent; behind a trusted proxy HTTPS goes on', async () => {
    await gateway.stop();
    gateway = await startGateway(upstream, { production: true, trustedProxies: ['127.0.0.0/8'] });
    const plain = await send('GET /v1/x', KEY);
    expect(bodyOf(plain)).toMatchObject({ error: 'https_required' });
    expect(statusOf(plain)).toBe(403);
    const secure = await send('GET /v1/x', KEY, 'X-Forwarded-Proto: https', 'X-Forwarded-For: 6.6.6.6, 203.0.113.9');
    expect(statusOf(secure)).toBe(200);
    expect(secure).toMatch(/\r\nstrict-transport-security: max-age=31536000\r\n/i);
    expect(seen[0]?.rawHeaders).toEqual(expect.arrayContaining(['x-forwarded-for', '203.0.113.9']));
    expect(seen[0]?.rawHeaders).toEqual(expect.arrayContaining(['x-forwarded-proto', 'https']));
  });

  it('believes no header of a peer that is not trusted', async () => {
    await gateway.stop();
    gateway = await startGateway(upstream, { production: true, trustedProxies: ['10.0.0.0/8'] });
    expect(statusOf(await send('GET /v1/x', KEY, 'X-Forwarded-Proto: https'))).toBe(403);
  });
});
