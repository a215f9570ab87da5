import type { Server } from 'node:http';
import { profileSchema } from '@gatehouse/catalog/profile-schema';
import { judgeAccessToken } from '@gatehouse/contracts/access-tokens';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClientProxy } from '@nestjs/microservices';
import { defer, from } from 'rxjs';
import { exampleApi, type GatewayUnderTest, listen, SECRET, startGateway } from './gateway-under-test.conformance.js';
import { bodyOf, rawExchange, rawRequest, statusOf } from './raw-request.conformance.js';

/** A token whose subject the stand-in of identity reads, and believes. */
const tokenOf = (subject: string) => `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(subject).toString('base64url')}.c2ln`;
const subjectIn = (token: string) => Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();

const { profile } = exampleApi();
const PROFILE = profileSchema.parse({ ...profile, tokens: { accepts: ['platform'] }, scopes: { read: '', write: '' } });

let upstream: Server;
let seen: Record<string, string | string[] | undefined>[];
let gateway: GatewayUnderTest;
let ended: Set<string>;
let down: boolean;

beforeEach(async () => {
  seen = [];
  ended = new Set();
  down = false;
  upstream = await listen((request, response) => {
    seen.push(request.headers);
    if (request.url === '/stream') response.write('first');
    else response.end(request.headers['x-asked-by']);
  });
  const identity = {
    send: (subject: string, input: { accessToken: string }) =>
      defer(() => from(answerOf(subject, subjectIn(input.accessToken)))),
  };
  gateway = await startGateway(upstream, { api: { profile: PROFILE }, client: identity as unknown as ClientProxy });
});

afterEach(async () => {
  upstream.closeAllConnections();
  await gateway.stop();
  await new Promise((resolve) => upstream.close(resolve));
});

async function answerOf(subject: string, accountId: string) {
  if (subject !== judgeAccessToken.subject || down) throw new Error('nobody is there');
  // Answers come in another order than questions.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
  if (ended.has(accountId)) return { kind: 'refused', code: 'token_ended' };
  return {
    kind: 'valid',
    accountId,
    sessionId: `ses_${accountId}`,
    organizationId: 'org_1',
    plan: 'free',
    role: 'developer',
    limits: null,
    suspended: false,
  };
}

const get = (token: string, path = '/v1/x', ...headers: string[]) =>
  rawExchange(gateway.port, rawRequest(`GET ${path}`, [`Authorization: Bearer ${token}`, ...headers]));

describe('a request with an access token', () => {
  it('tells the upstream who asks, and never passes the token on', async () => {
    const spoofed = ['X-Gatehouse-Account: acc_evil', 'X-Gatehouse-Key-Id: key_evil', 'X-Gatehouse-Scopes: admin'];
    expect(statusOf(await get(tokenOf('acc_1'), '/v1/x', ...spoofed))).toBe(200);
    const [headers] = seen;
    expect(headers).toMatchObject({
      'x-gatehouse-account': 'acc_1',
      'x-gatehouse-organization': 'org_1',
      'x-gatehouse-scopes': 'read write',
    });
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('x-gatehouse-key-id');
    const claims = JSON.parse(
      Buffer.from(String(headers?.['x-gatehouse-identity']).split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(claims).toMatchObject({ sub: 'acc_1', org: 'org_1', aud: 'example', scope: 'read write' });
  });

  it('is refused with the next request after its session has ended', async () => {
    expect(statusOf(await get(tokenOf('acc_1')))).toBe(200);
    ended.add('acc_1');
    const answer = await get(tokenOf('acc_1'));
    expect([statusOf(answer), bodyOf(answer)]).toEqual([401, expect.objectContaining({ error: 'token_ended' })]);
    expect(answer).toMatch(/\r\nwww-authenticate: Bearer realm="example", error="invalid_token"\r\n/i);
    expect(seen).toHaveLength(1);
  });

  it('ends its answer where the session ends while it runs', async () => {
    const answer = get(tokenOf('acc_1'), '/stream');
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    ended.add('acc_1');
    expect(await answer).toContain('first');
  });

  it('is answered 503 while identity cannot be asked: neither accepted nor called bad', async () => {
    down = true;
    const answer = await get(tokenOf('acc_1'));
    expect([statusOf(answer), bodyOf(answer)]).toMatchObject([503, { error: 'verification_unavailable' }]);
    expect(answer).toMatch(/\r\nretry-after: 1\r\n/i);
    expect(seen).toEqual([]);
  });

  it('is never answered as another caller, of 200 at once [H-015]', async () => {
    const askers = Array.from({ length: 200 }, (_, index) => `acc_${'ab'.slice(0, 1 + (index % 2))}${index % 25}`);
    await Promise.all(
      askers.map((asker, index) =>
        index % 5 === 0
          ? get(SECRET, '/v1/x', 'X-Asked-By: key_1')
          : get(tokenOf(asker), '/v1/x', `X-Asked-By: ${asker}`),
      ),
    );
    const answered = seen.map((headers) => [
      headers['x-asked-by'],
      headers['x-gatehouse-account'] ?? headers['x-gatehouse-key-id'],
    ]);
    expect(answered.length).toBe(200);
    for (const [asker, told] of answered) expect(told).toBe(asker);
  });
});
