import { connect } from 'node:net';
import * as keys from '@gatehouse/contracts/keys';
import { PROBLEMS, type ProblemCode } from '@gatehouse/contracts/problems';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type PlatformUnderTest, type Received, startPlatformUnderTest } from './platform-under-test.conformance.js';

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
};

function expectProblem(answer: Received, code: ProblemCode): void {
  const { status, title } = PROBLEMS[code];
  expect([answer.status, answer.text]).toEqual([status, answer.text]);
  expect(answer.json).toMatchObject({ type: `/errors/${code}`, title, status, code });
  const { request_id: requestId, ...rest } = answer.json as Record<string, unknown>;
  expect(requestId).toMatch(/^req_[0-9A-Za-z]{22}$/);
  expect(answer.headers['x-request-id']).toBe(requestId);
  expect(
    Object.keys(rest).filter((key) => !['type', 'title', 'status', 'code', 'detail', 'errors'].includes(key)),
  ).toEqual([]);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expectSecurityHeaders(answer);
  expect(answer.headers['cache-control']).toBe('no-store');
}

function expectSecurityHeaders(answer: Received): void {
  expect(answer.headers).toMatchObject(ALWAYS);
  const policy = answer.headers['content-security-policy'] ?? '';
  for (const part of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"])
    expect(policy).toContain(part);
  expect(policy).not.toContain('unsafe');
  for (const name of ['access-control-allow-origin', 'x-powered-by', 'server'])
    expect(answer.headers[name]).toBeUndefined();
}

/** One connection, written to as it is. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.setTimeout(5_000, () => socket.destroy(new Error('the server neither answers nor closes')));
    socket.on('close', () => resolve(received));
    socket.write(text);
  });
}

describe('the front door', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());
  afterEach(() => platform.world.instead.clear());

  const login = (body: string | object, headers: readonly string[] = []) =>
    platform.send({ method: 'POST', path: '/auth/login', body, headers });

  it.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST',
    '127.0.0.1:1234',
    '[::1]:80',
    'gate.example',
    'gate.example:80',
    'Gate.Example.',
  ])('serves the platform under the host %s', async (host) => {
    expect((await platform.send({ path: '/setup', headers: ['host', host] })).status).toBe(200);
  });

  it.each(['evil.example', 'gate.example.evil.example', 'xgate.example', '10.0.0.1'])(
    'refuses the host %s with 421, for every path',
    async (host) => {
      for (const path of ['/', '/api/v1/apis', '/apis/exante/v1', '/nothing']) {
        expectProblem(await platform.send({ path, headers: ['host', host] }), 'unknown_host');
      }
    },
  );

  it.each(['', 'gate example', 'user@gate.example', 'gate.example:x', 'gate.example/path'])(
    'refuses the Host "%s", which is none',
    async (host) => {
      expectProblem(await platform.send({ path: '/', headers: ['host', host] }), 'invalid_request');
    },
  );

  it('refuses a request without Host', async () => {
    const answer = await raw(platform.port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"invalid_request"');
  });

  it('gives the data plane what it claims, by host or path, and nothing else', async () => {
    for (const sent of [
      { path: '/anything', headers: ['host', 'api.exante.example'] },
      { path: '/apis/exante/v1', headers: [] },
    ]) {
      const answer = await platform.send(sent);
      expect(answer.text).toBe('data plane');
      expect(answer.headers['content-security-policy']).toBeUndefined();
    }
    expect((await platform.send({ path: '/api/v1/apis' })).text).not.toBe('data plane');
  });

  it('answers 404 where nothing is, and 405 with Allow where the method is missing', async () => {
    for (const path of [
      '/nothing',
      '/api',
      '/API/v1/keys',
      '/api/v1/keys/a/b',
      '//evil.example/',
      '/metrics',
      '/readyz',
    ]) {
      expectProblem(await platform.send({ path }), 'not_found');
    }
    const answer = await platform.send({ method: 'DELETE', path: '/api/v1/keys' });
    expectProblem(answer, 'method_not_allowed');
    expect(answer.headers['allow']).toBe('GET, HEAD, POST');
    expectProblem(await platform.send({ method: 'OPTIONS', path: '/api/v1/keys' }), 'method_not_allowed');
    expectProblem(await platform.send({ method: 'TRACE', path: '/api/v1/keys' }), 'method_not_allowed');
    expectProblem(await platform.send({ method: 'PROPFIND', path: '/api/v1/keys' }), 'method_not_allowed');
  });

  it('refuses a path that cannot be decoded, and a target that is no path', async () => {
    expectProblem(await platform.send({ path: '/errors/%zz' }), 'invalid_request');
    expectProblem(await platform.send({ path: 'http://gate.example/setup' }), 'invalid_request');
    expectProblem(await platform.send({ method: 'OPTIONS', path: '*' }), 'invalid_request');
  });

  it.each(['{', '{"a":1,}', 'null x', '"\u0000', '{"__proto__":{"a":1}}', '{"constructor":{"prototype":{}}}'])(
    'refuses the malformed JSON %j',
    async (body) => {
      expectProblem(await login(body, ['content-type', 'application/json']), 'malformed_json');
    },
  );

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x', 'application/xml'])(
    'refuses a body of type %s',
    async (type) => {
      expectProblem(await login('{"email":"a","password":"b"}', ['content-type', type]), 'unsupported_media_type');
    },
  );

  it('refuses a body without a type', async () => {
    expectProblem(await login('{}'), 'unsupported_media_type');
  });

  it('refuses a body of more than 64 KB, announced or not', async () => {
    const body = JSON.stringify({ email: 'x'.repeat(65 * 1024), password: 'x' });
    expectProblem(await login(body, ['content-type', 'application/json']), 'body_too_large');
    const chunked = ['content-type', 'application/json', 'transfer-encoding', 'chunked', 'content-length'];
    const head = `POST /auth/login HTTP/1.1\r\nHost: gate.example\r\nContent-Type: ${chunked[1]}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const answer = await raw(platform.port, `${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"code":"body_too_large"');
  });

  it('names an unknown field', async () => {
    const answer = await login({ email: 'a', password: 'b', otp: '1' });
    expectProblem(answer, 'validation_error');
    expect(answer.json).toMatchObject({ errors: { otp: 'is not a known field' } });
  });

  it.each(['Authorization', 'Cookie', 'X-CSRF-Token', 'Origin', 'Idempotency-Key', 'X-Gatehouse-Organization'])(
    'refuses a request that has %s twice',
    async (name) => {
      const answer = await platform.send({ path: '/auth/session', headers: [name, 'a=b', name.toLowerCase(), 'a=b'] });
      expectProblem(answer, 'header_repeated');
    },
  );

  it('refuses two Host headers, for published APIs too', async () => {
    for (const path of ['/setup', '/apis/exante/v1']) {
      const answer = await raw(
        platform.port,
        `GET ${path} HTTP/1.1\r\nHost: gate.example\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('"code":"header_repeated"');
    }
  });

  it.each([
    [
      'two lengths',
      'POST /auth/login HTTP/1.1\r\nHost: gate.example\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: gate.example\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : gate.example\r\n\r\n'],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: gate.example\r\nX: a\r\n b\r\n\r\n'],
    ['no HTTP', 'hello\r\n\r\n'],
  ])('answers what has %s with 400, and closes [G-01]', async (_name, text) => {
    const answer = await raw(platform.port, text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head.toLowerCase()).toContain("frame-ancestors 'none'");
    expect(JSON.parse(body)).toMatchObject({ code: 'invalid_request', type: '/errors/invalid_request' });
  });

  it.each([20 * 1024, 1024 * 1024])('answers %i bytes of header with 431', async (size) => {
    const answer = await raw(
      platform.port,
      `GET / HTTP/1.1\r\nHost: gate.example\r\nX: ${'x'.repeat(size)}\r\n\r\n`,
    ).catch((error: NodeJS.ErrnoException) => error.code);
    if (answer === 'ECONNRESET') return;
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"headers_too_large"');
  });

  it.each(['h2c', 'websocket'])('ignores a wish for another protocol: %s [RFC 9110 7.8]', async (protocol) => {
    const wish = `Connection: Upgrade, close\r\nUpgrade: ${protocol}\r\n`;
    const answer = await raw(platform.port, `GET /api/v1/apis HTTP/1.1\r\nHost: gate.example\r\n${wish}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  const LOGIN = 'POST /auth/login HTTP/1.1\r\nHost: gate.example\r\nContent-Type: application/json\r\n';

  it.each(['no HTTP\r\n\r\n', 'CONNECT a.example:443 HTTP/1.1\r\nHost: gate.example\r\n\r\n'])(
    'never lets a later message be answered in the place of an earlier one: %j',
    async (later) => {
      const answer = await raw(platform.port, `${LOGIN}Content-Length: 2\r\n\r\n{}${later}`);
      expect(answer).toMatch(/^HTTP\/1\.1 422 /);
      expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
      expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    },
  );

  it.each([
    ['gzip, chunked', '1.1'],
    ['chunked', '1.0'],
  ])('refuses a body whose end is unclear: Transfer-Encoding %s in HTTP/%s', async (coding, version) => {
    for (const path of ['/auth/login', '/apis/exante/v1']) {
      const answer = await raw(
        platform.port,
        `POST ${path} HTTP/${version}\r\nHost: gate.example\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"invalid_request"/);
      expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    }
  });

  it('refuses an Expect that it does not know with 417', async () => {
    for (const path of ['/api/v1/apis', '/apis/exante/v1']) {
      expectProblem(await platform.send({ path, headers: ['expect', 'a miracle'] }), 'expectation_failed');
    }
  });

  it('refuses CONNECT with 405, and closes', async () => {
    const answer = await raw(platform.port, 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 405 [\s\S]*"code":"method_not_allowed"/);
  });

  it.each([
    ['content-encoding', 'gzip', 415],
    ['content-encoding', 'identity', 422],
    ['content-type', 'application/json; charset=utf-16', 415],
    ['content-type', 'application/json;charset="UTF-8"', 422],
  ])('reads a body only as what it says it is: %s: %s', async (name, value, status) => {
    const headers = name === 'content-type' ? [name, value] : ['content-type', 'application/json', name, value];
    const answer = await login('{}', headers);
    expectProblem(answer, status === 415 ? 'unsupported_media_type' : 'validation_error');
  });

  it('asks for the body of a management request that waits to be asked', async () => {
    const answer = await raw(
      platform.port,
      'POST /auth/login HTTP/1.1\r\nHost: gate.example\r\nConnection: close\r\nContent-Type: application/json\r\n' +
        'Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 422 /);
  });

  it('has the same headers on 2xx, and no HSTS and no CORS in development [S-09] [S-10]', async () => {
    const { bearer } = await platform.signIn('owner@example.com');
    for (const path of [
      '/',
      '/setup',
      '/assets/setup.js',
      '/assets/page.css',
      '/api/v1/apis',
      '/.well-known/jwks.json',
    ]) {
      const answer = await platform.send({ path, headers: ['origin', 'https://evil.example'] });
      expect(answer.status).toBe(200);
      expectSecurityHeaders(answer);
      expect(answer.headers['strict-transport-security']).toBeUndefined();
    }
    const session = await platform.send({ path: '/auth/session', headers: bearer });
    expectSecurityHeaders(session);
    expect(session.headers['cache-control']).toBe('no-store');
  });

  it('says of a fault on our side that there was one, and nothing else [H-158]', async () => {
    const { bearer } = await platform.signIn('owner@example.com');
    platform.world.instead.set(keys.getKey.subject, { kind: 'secret detail' });
    const answer = await platform.send({ path: '/api/v1/keys/key_DDDDDDDDDDDDDDDDDDDDDD', headers: bearer });
    expectProblem(answer, 'internal_error');
    expect(answer.text).not.toMatch(/secret detail|gatehouse\.v1| at /);
  });

  it('counts requests by route, not by path', async () => {
    await platform.send({ path: '/api/v1/keys/key_DDDDDDDDDDDDDDDDDDDDDD' });
    const text = await platform.metrics.metrics();
    expect(text).toContain('gateway_management_requests_total{method="GET",route="/api/v1/keys/:id",status="401"');
    expect(text).not.toContain('key_DDDD');
  });
});

describe('a client that sends slowly', () => {
  it('is told so and let go, whether it withholds headers or the body of a management request [H-139]', async () => {
    const platform = await startPlatformUnderTest({ timeouts: { headersMs: 200, managementBodyMs: 200 } });
    try {
      const head = 'POST /auth/login HTTP/1.1\r\nHost: gate.example\r\nContent-Type: application/json\r\n';
      for (const text of [head, `${head}Content-Length: 100\r\n\r\n{"email":`]) {
        const answer = await raw(platform.port, text);
        expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
        expect(answer).toContain('"code":"request_timeout"');
        expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
      }
    } finally {
      await platform.stop();
    }
  });
});

describe('a body that trickles into a request that has its answer', () => {
  it.each([
    ['GET /api/v1/apis', 200],
    ['POST http://gate.example/', 400],
  ])('does not hold the connection: %s', async (line, status) => {
    const platform = await startPlatformUnderTest({ timeouts: { headersMs: 1_000, managementBodyMs: 10_000 } });
    const socket = connect(platform.port, '127.0.0.1');
    const trickle = setInterval(() => socket.write('x'), 20);
    try {
      let received = '';
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
      });
      const startedMs = performance.now();
      socket.write(`${line} HTTP/1.1\r\nHost: gate.example\r\nContent-Length: 60000\r\n\r\n`);
      await new Promise((resolve) => socket.once('close', resolve));
      expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(received.toLowerCase()).toContain('\r\nconnection: close\r\n');
      expect(performance.now() - startedMs).toBeLessThan(4_000);
    } finally {
      clearInterval(trickle);
      socket.destroy();
      await platform.stop();
    }
  });
});

describe('the log', () => {
  it('has one line for each request, with its id, and never what proves who somebody is [H-157]', async () => {
    const platform = await startPlatformUnderTest();
    try {
      const { session, write } = await platform.signIn('owner@example.com');
      const secrets = [
        'pass-canary',
        'claim-canary',
        session.token,
        session.csrf,
        `at-${session.id}`,
        'the-secret',
        'query-canary',
      ];
      const login = { email: 'owner@example.com', password: 'pass-canary' };
      await platform.send({ method: 'POST', path: '/auth/login', body: login });
      await platform.send({ method: 'POST', path: '/auth/login', body: { ...login, password: ['pass-canary'] } });
      await platform.send({ method: 'POST', path: '/auth/claim', body: { ...login, token: 'claim-canary' } });
      const issue = { api: 'exante', name: 'ci', scopes: [] };
      const issued = await platform.send({ method: 'POST', path: '/api/v1/keys', headers: write, body: issue });
      await platform.send({
        path: '/auth/session?access_token=query-canary',
        headers: ['authorization', `Bearer at-${session.id}x`],
      });
      platform.world.instead.set(keys.issueKey.subject, { kind: 'issued', secret: 'the-secret' });
      await platform.send({ method: 'POST', path: '/api/v1/keys', headers: write, body: issue });
      const text = platform.lines.join('');
      for (const secret of secrets) expect(text).not.toContain(secret);
      expect(text).toContain(
        `"requestId":"${issued.headers['x-request-id']}","method":"POST","route":"/api/v1/keys","status":201`,
      );
      expect(text).toContain('a management request failed');
    } finally {
      await platform.stop();
    }
  });
});

describe('while the services behind it are down', () => {
  it('answers 503 with Retry-After, never 401 and never 200, and goes on serving what needs none of them', async () => {
    const platform = await startPlatformUnderTest({ withoutServices: true });
    try {
      const bearer = ['authorization', 'Bearer at-x'];
      for (const sent of [
        { path: '/auth/session', headers: bearer },
        { path: '/api/v1/keys', headers: ['cookie', 'gatehouse_session=tok'] },
        { method: 'POST', path: '/api/v1/keys', headers: bearer, body: { api: 'a', name: 'b', scopes: [] } },
        { method: 'POST', path: '/auth/login', body: { email: 'a@b.example', password: 'x' } },
        { path: '/.well-known/jwks.json' },
      ]) {
        const answer = await platform.send(sent);
        expectProblem(answer, 'service_unavailable');
        expect(answer.headers['retry-after']).toBe('1');
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
      expect((await platform.send({ path: '/' })).status).toBe(200);
      expect((await platform.send({ path: '/auth/session' })).status).toBe(401);
    } finally {
      await platform.stop();
    }
  });
});

describe('in production', () => {
  it('accepts HTTPS only, as a trusted proxy says it, and tells browsers to stay with it [G-05]', async () => {
    const platform = await startPlatformUnderTest({
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://gate.example',
      trustedProxies: ['127.0.0.1'],
    });
    try {
      for (const headers of [[], ['x-forwarded-proto', 'http']]) {
        const refused = await platform.send({ path: '/api/v1/apis', headers });
        expectProblem(refused, 'https_required');
        expect(refused.headers['location']).toBeUndefined();
      }
      const answer = await platform.send({ path: '/api/v1/apis', headers: ['x-forwarded-proto', 'https'] });
      expect(answer.status).toBe(200);
      expect(answer.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
    } finally {
      await platform.stop();
    }
  });

  it('does not believe X-Forwarded-Proto from anybody else', async () => {
    const platform = await startPlatformUnderTest({ NODE_ENV: 'production', PUBLIC_URL: 'https://gate.example' });
    try {
      expectProblem(await platform.send({ path: '/', headers: ['x-forwarded-proto', 'https'] }), 'https_required');
    } finally {
      await platform.stop();
    }
  });

  it('does not take the request host for its own origin', async () => {
    const platform = await startPlatformUnderTest({
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://gate.example',
      trustedProxies: ['127.0.0.1'],
    });
    try {
      const headers = ['x-forwarded-proto', 'https', 'host', 'localhost', 'origin', 'http://localhost'];
      const sent = { method: 'POST', path: '/auth/login', body: { email: 'a', password: 'b' }, headers };
      expectProblem(await platform.send(sent), 'origin_refused');
    } finally {
      await platform.stop();
    }
  });
});
