import type { Server } from 'node:http';
import type { UpstreamIdentity } from '@gatehouse/catalog/api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { importJWK, jwtVerify } from 'jose';
import { upstreamIdentityJwk } from '../edge/identity-token.js';
import { type GatewayUnderTest, listen, ROOT_SECRET, SECRET, startGateway } from './gateway-under-test.conformance.js';
import { rawExchange, rawRequest, statusOf } from './raw-request.conformance.js';

const KEY = `Authorization: Bearer ${SECRET}`;

let upstream: Server;
/** Of an API whose upstream gets a token, and of one whose upstream gets headers alone. */
let gateways: Record<UpstreamIdentity, GatewayUnderTest>;
let seen: string[] = [];

beforeAll(async () => {
  upstream = await listen((request, response) => {
    seen = request.rawHeaders;
    response.setHeader('Set-Cookie', ['__Host-gatehouse_session=evil; Path=/', 'theirs=1']);
    response.setHeader('X-RateLimit-Remaining', '1000000');
    response.setHeader('X-Request-Id', 'theirs');
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.end('x');
  });
  gateways = {
    token: await startGateway(upstream),
    headers: await startGateway(upstream, { api: { upstreamIdentity: 'headers' } }),
  };
});

beforeEach(() => {
  seen = [];
});

afterAll(async () => {
  for (const gateway of Object.values(gateways)) await gateway.stop();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

const sendTo = (gateway: GatewayUnderTest, ...headers: string[]) =>
  rawExchange(gateway.port, rawRequest('GET /v1/x', headers));
const send = (...headers: string[]) => sendTo(gateways.token, ...headers);

/** All values of a header, in whatever spelling the upstream got it. */
function valuesOf(name: string): string[] {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '-');
  return seen.flatMap((header, index) =>
    index % 2 === 0 && plain(header) === name ? [seen[index + 1] as string] : [],
  );
}

const OURS: readonly (readonly [string, string])[] = [
  ['x-gatehouse-key-id', 'key_1'],
  ['x-gatehouse-organization', 'org_1'],
  ['x-gatehouse-project', 'prj_1'],
  ['x-gatehouse-environment', 'live'],
  ['x-gatehouse-scopes', 'read write'],
  ['x-forwarded-for', '127.0.0.1'],
  ['x-forwarded-proto', 'http'],
  ['x-forwarded-host', 'api.example.com'],
  ['via', '1.1 gatehouse'],
];

describe('what an upstream sees of the caller', () => {
  const spellings = [
    (name: string) => name,
    (name: string) => name.toUpperCase(),
    (name: string) => name.replaceAll('-', '_'),
    (name: string) => name.replace('-', '_'),
    (name: string) => name.replaceAll('-', '.'),
  ];

  it.each([...OURS, ['x-gatehouse-identity', ''], ['x-gatehouse-request-id', ''], ['x-request-id', '']] as const)(
    '%s is what the gateway says, however the client spells it, empty or twice [H-096]',
    async (name, value) => {
      for (const spell of spellings) {
        for (const forged of ['evil', '']) {
          const header = `${spell(name)}: ${forged}`;
          expect(statusOf(await send(KEY, header, header))).toBe(200);
          expect(valuesOf(name)).toHaveLength(1);
          expect(valuesOf(name)).not.toContain(forged);
          if (value !== '') expect(valuesOf(name)).toEqual([value]);
        }
      }
    },
  );

  it.each(['x-auth-user', 'x-user-id', 'x-consumer-id', 'x-forwarded-user', 'x-forwarded-email', 'remote-user'])(
    '%s of the client does not arrive in any spelling',
    async (name) => {
      for (const spell of spellings) {
        await send(KEY, `${spell(name)}: evil`);
        expect(valuesOf(name)).toEqual([]);
      }
      expect(seen).not.toContain('evil');
    },
  );

  it('is not what Connection can take away [H-099]', async () => {
    const names = OURS.map(([name]) => name).join(', ');
    const answer = await rawExchange(
      gateways.token.port,
      ['GET /v1/x HTTP/1.1', 'Host: api.example.com', KEY, `Connection: close, authorization, ${names}`, '', ''].join(
        '\r\n',
      ),
    );
    expect(statusOf(answer)).toBe(200);
    for (const [name, value] of OURS) expect(valuesOf(name)).toEqual([value]);
  });

  it('still needs a key when Connection names the header that should hold it', async () => {
    expect(statusOf(await send('Connection: authorization'))).toBe(401);
    expect(seen).toEqual([]);
  });

  it('is never the credential, nor a cookie of the platform [H-112]', async () => {
    await send(KEY, `X-API-Key: ${SECRET}`, `x_api_key: ${SECRET}`, 'Cookie: gatehouse_session=s3cret; a=1');
    expect(seen.join(' ')).not.toContain(SECRET);
    expect(seen.join(' ')).not.toContain('s3cret');
    expect(valuesOf('cookie')).toEqual(['a=1']);
  });

  it('is a token that it can verify: for this API, for a minute, about this key', async () => {
    await send(KEY);
    const jwk = upstreamIdentityJwk(ROOT_SECRET);
    expect(Object.keys(jwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    const [token = ''] = valuesOf('x-gatehouse-identity');
    const { payload, protectedHeader } = await jwtVerify(token, await importJWK({ ...jwk }, 'EdDSA'), {
      issuer: 'https://gatehouse.example',
      audience: 'example',
      subject: 'key_1',
    });
    expect(payload).toMatchObject({ org: 'org_1', prj: 'prj_1', env: 'live', scope: 'read write' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    expect(protectedHeader.kid).toBe(jwk.kid);
  });

  it('is asked under its own host, never under the client’s', async () => {
    await send(KEY);
    expect(valuesOf('host')).toEqual([`127.0.0.1:${(upstream.address() as { port: number }).port}`]);
  });
});

describe('an upstream that gets headers alone', () => {
  const sendPlain = (...headers: string[]) => sendTo(gateways.headers, ...headers);

  it('sees no token, neither ours nor one that the client sends, however it is spelled', async () => {
    for (const forged of [
      'X-Gatehouse-Identity',
      'x_gatehouse_identity',
      'X-Gatehouse.Identity',
      'x-gatehouse_identity',
    ]) {
      expect(statusOf(await sendPlain(KEY, `${forged}: evil`))).toBe(200);
      expect(valuesOf('x-gatehouse-identity')).toEqual([]);
      expect(seen).not.toContain('evil');
    }
  });

  it.each(OURS)(
    'sees %s as the gateway says it, whatever the client sends and Connection lists',
    async (name, value) => {
      const forged = [`${name}: evil`, `${name.replaceAll('-', '_').toUpperCase()}: evil`];
      expect(statusOf(await sendPlain(KEY, ...forged))).toBe(200);
      expect(valuesOf(name)).toEqual([value]);
      await rawExchange(
        gateways.headers.port,
        ['GET /v1/x HTTP/1.1', 'Host: api.example.com', KEY, `Connection: close, ${name}`, '', ''].join('\r\n'),
      );
      expect(valuesOf(name)).toEqual([value]);
    },
  );

  it('is asked for nothing without a key', async () => {
    expect(statusOf(await sendPlain('X-Gatehouse-Key-Id: key_1'))).toBe(401);
    expect(seen).toEqual([]);
  });
});

describe('what a client sees of an upstream', () => {
  it('is neither our cookie, nor our limits, nor our request id, nor an invitation to browsers [H-110] [X12]', async () => {
    const answer = await send(KEY);
    expect(answer).toContain('theirs=1');
    expect(answer).not.toMatch(/evil|1000000|x-request-id: theirs|access-control/i);
    expect(answer).toMatch(/\r\nx-request-id: req_/i);
    expect(answer).toMatch(/\r\nx-ratelimit-remaining: 59\r\n/i);
  });
});
