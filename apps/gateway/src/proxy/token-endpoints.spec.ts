import type { Server } from 'node:http';
import { boundedQueue } from '@gatehouse/bus/bounded-queue';
import { profileSchema } from '@gatehouse/catalog/profile-schema';
import { refreshTokens, signInForTokens } from '@gatehouse/contracts/access-tokens';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClientProxy } from '@nestjs/microservices';
import { defer, from } from 'rxjs';
import { exampleApi, type GatewayUnderTest, listen, startGateway } from './gateway-under-test.conformance.js';
import { bodyOf, rawExchange, statusOf } from './raw-request.conformance.js';

const { profile } = exampleApi();
const PROFILE = profileSchema.parse({
  ...profile,
  scopes: { read: '', write: '' },
  tokens: {
    accepts: ['own'],
    endpoints: { token: '/v1/auth/token', refresh: '/v1/auth/refresh', refreshPrefix: 'ex_rt_' },
  },
  errors: {
    ...profile.errors,
    body: { error: '{refusal}', errors: '{errors}', second_factor: '{second_factor}', retry_after: '{retry_after}' },
  },
});
const ISSUED = {
  kind: 'issued',
  accessToken: 'eyJ.a.b',
  accessTokenTtlSeconds: 3600,
  refreshToken: 'ex_rt_new',
  newBackupCodes: null,
};

let upstream: Server;
let seen: string[];
let gateway: GatewayUnderTest;
let asked: { readonly subject: string; readonly input: unknown }[];
let answer: object | Error;

beforeEach(async () => {
  seen = [];
  asked = [];
  answer = ISSUED;
  upstream = await listen((request, response) => {
    seen.push(request.url ?? '');
    response.end('from upstream');
  });
  const send = (subject: string, input: unknown) =>
    defer(() => {
      asked.push({ subject, input });
      return from(answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer));
    });
  gateway = await startGateway(upstream, {
    api: { profile: PROFILE },
    client: { send } as unknown as ClientProxy,
  });
});

afterEach(async () => {
  await gateway.stop();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

const JSON_TYPE = 'Content-Type: application/json';
const LOGIN = JSON.stringify({ email: 'ada@example.test', password: 'secret', second_factor: '123456' });

const post = (path: string, body: string, headers: readonly string[] = [JSON_TYPE]) =>
  rawExchange(
    gateway.port,
    [
      `POST ${path} HTTP/1.1`,
      'Host: api.example.com',
      'User-Agent: a program',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      ...headers,
      '',
      body,
    ].join('\r\n'),
  );

describe('the endpoints of an API that gives tokens', () => {
  it('sign in, and hand out the pair, which nobody may keep on the way', async () => {
    const text = await post('/v1/auth/token', LOGIN);
    expect([statusOf(text), bodyOf(text)]).toEqual([
      200,
      { access_token: 'eyJ.a.b', refresh_token: 'ex_rt_new', expires_in: 3600, token_type: 'Bearer' },
    ]);
    expect(text).toMatch(/\r\ncache-control: no-store\r\n/i);
    const origin = { address: '127.0.0.1', requestId: expect.stringMatching(/^req_/), userAgent: 'a program' };
    const client = { clientId: 'example', refreshPrefix: 'ex_rt_', origin };
    expect(asked).toEqual([
      {
        subject: signInForTokens.subject,
        input: {
          email: 'ada@example.test',
          password: 'secret',
          secondFactor: '123456',
          api: 'example',
          ...client,
        },
      },
    ]);
    expect(statusOf(await post('/v1/auth/refresh', '{"refresh_token":"ex_rt_old"}'))).toBe(200);
    expect(asked[1]).toEqual({ subject: refreshTokens.subject, input: { refreshToken: 'ex_rt_old', ...client } });
    expect(seen).toEqual([]);
  });

  it('let nobody sign in whose turn does not come, and ask nothing for them', async () => {
    await gateway.stop();
    const passwordTurns = boundedQueue({ atOnce: 1, maxWaiting: 0, longestWaitMs: 1 });
    gateway = await startGateway(upstream, { api: { profile: PROFILE }, passwordTurns });
    let over = () => {};
    const held = passwordTurns.run(() => new Promise<void>((resolve) => (over = resolve)));
    const text = await post('/v1/auth/token', LOGIN);
    expect([statusOf(text), bodyOf(text)]).toMatchObject([503, { error: 'sign_in_unavailable' }]);
    expect(asked).toEqual([]);
    over();
    await held;
  });

  it.each([
    [{ kind: 'credentials_invalid' }, 401, { error: 'credentials_invalid' }],
    [{ kind: 'second_factor_invalid' }, 401, { error: 'second_factor_invalid' }],
    [{ kind: 'account_disabled' }, 403, { error: 'account_disabled' }],
    [{ kind: 'too_many_attempts', retryAfterSeconds: 30 }, 429, { error: 'too_many_attempts', retry_after: 30 }],
    [{ kind: 'busy', retryAfterSeconds: 2 }, 503, { error: 'sign_in_unavailable', retry_after: 2 }],
    [
      { kind: 'second_factor_required', challenge: 'chl', methods: ['totp'], expiresInSeconds: 300 },
      401,
      {
        error: 'second_factor_required',
        second_factor: { challenge: 'chl', methods: ['totp'], expires_in: 300 },
      },
    ],
  ])('say %j in the words of the API', async (outcome, status, body) => {
    answer = outcome;
    const text = await post('/v1/auth/token', LOGIN);
    expect([statusOf(text), bodyOf(text)]).toMatchObject([status, body]);
    expect(text).not.toContain('error="invalid_token"');
  });

  it('are 503 while identity cannot be asked, or answers what nobody understands', async () => {
    for (const fault of [new Error('nobody is there'), { kind: 'issued' }]) {
      answer = fault;
      const text = await post('/v1/auth/refresh', '{"refresh_token":"ex_rt_old"}');
      expect([statusOf(text), bodyOf(text)]).toMatchObject([503, { error: 'sign_in_unavailable', retry_after: 1 }]);
    }
  });

  it.each([
    ['/v1/auth/token', '', [], 415, 'body_unsupported'],
    ['/v1/auth/token', LOGIN, ['Content-Type: text/plain'], 415, 'body_unsupported'],
    ['/v1/auth/token', LOGIN, ['Content-Type: application/json; charset=utf-16'], 415, 'body_unsupported'],
    ['/v1/auth/token', LOGIN, [JSON_TYPE, 'Content-Encoding: gzip'], 415, 'body_unsupported'],
    ['/v1/auth/token', '{', [JSON_TYPE], 400, 'body_malformed'],
    ['/v1/auth/token?password=x', LOGIN, [JSON_TYPE], 400, 'request_malformed'],
    ['/v1/auth/token', '{"email":"a","password":"b","admin":true}', [JSON_TYPE], 422, 'body_invalid'],
    ['/v1/auth/token', '{"email":["a"],"password":{"$ne":""}}', [JSON_TYPE], 422, 'body_invalid'],
    ['/v1/auth/refresh', '{"refresh_token":""}', [JSON_TYPE], 422, 'body_invalid'],
    ['/v1//auth/token', LOGIN, [JSON_TYPE], 400, 'path_ambiguous'],
    ['/v1/auth/%2e%2e/auth/token', LOGIN, [JSON_TYPE], 400, 'path_ambiguous'],
  ])('refuse %s with %j (%j): %i %s, and ask nobody [H-087]', async (path, body, headers, status, code) => {
    const text = await post(path, body, headers);
    expect([statusOf(text), bodyOf(text)]).toMatchObject([status, { error: code }]);
    expect(asked).toEqual([]);
    expect(seen).toEqual([]);
  });

  it('read a body that says no length, and stop where it gets too long', async () => {
    const chunked = (part: string) => `${part.length.toString(16)}\r\n${part}\r\n`;
    const head =
      'POST /v1/auth/token HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
    expect(statusOf(await rawExchange(gateway.port, `${head}${chunked(LOGIN)}0\r\n\r\n`))).toBe(200);
    expect(statusOf(await post('/v1/auth/token', `${' '.repeat(40_000)}${LOGIN}`))).toBe(413);
    const long = chunked(' '.repeat(9_000)).repeat(4);
    expect(statusOf(await rawExchange(gateway.port, `${head}${long}${chunked(LOGIN)}0\r\n\r\n`))).toBe(413);
    expect(asked).toHaveLength(1);
  });

  it('are not there for other methods, and not where the profile mounts none', async () => {
    const get = 'GET /v1/auth/token HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n';
    expect(bodyOf(await rawExchange(gateway.port, get))).toMatchObject({ error: 'credential_missing' });
    expect(asked).toEqual([]);
  });
});
