import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '@gatehouse/launch/free-port.client';
import { type OidcProvider, startOidcProvider } from '@gatehouse/testing/oidc';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from '../conformance/browser.js';
import { type PlatformWithClock, startPlatformWithClock } from '../conformance/platform-with-clock.js';
import { bearer, send } from '../conformance/send.js';
import { CREDENTIAL_KINDS, type CredentialKind, type Credentials, giveCredentials } from './credentials/credentials.js';
import { type Door, doorsOf } from './credentials/doors.js';

/** At one door only: the other one has spent it. */
const SPENT_ELSEWHERE = new Set([
  'the refresh of an API',
  'the start of a recovery',
  'the way back from a provider, as the state',
]);

describe('a credential of one kind [H-008] [T-03]', () => {
  let sso: OidcProvider;
  let upstream: Server;
  let platform: PlatformWithClock;
  let credentials: Credentials;
  let doors: readonly Door[];
  let administrator: Browser;
  let identityToken = '';

  beforeAll(async () => {
    upstream = createServer((request, response) => {
      identityToken = String(request.headers['x-gatehouse-identity']);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    sso = await startOidcProvider(['http://localhost:8080/auth/sso/callback']);
    const port = String(await freePort());
    platform = await startPlatformWithClock({
      EXAMPLE_UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      SSO_ISSUER: sso.issuer,
      SSO_CLIENT_ID: sso.clientId,
      SSO_CLIENT_SECRET: sso.clientSecret,
      IDENTITY_HTTP_PORT: port,
      IDENTITY_URL: `http://127.0.0.1:${port}`,
    });
    const given = await giveCredentials(platform, sso, () => identityToken);
    credentials = given.credentials;
    administrator = given.holders.administrator;
    doors = doorsOf(platform, credentials, given.holders);
  });
  afterAll(async () => {
    await platform?.stop();
    await sso?.stop();
    upstream?.closeAllConnections();
    upstream?.close();
  });

  it('is there of every kind, each another text', () => {
    for (const kind of CREDENTIAL_KINDS)
      expect([kind, credentials[kind]]).toEqual([kind, expect.stringMatching(/.{16}/)]);
    expect(new Set(Object.values(credentials)).size).toBe(CREDENTIAL_KINDS.length);
  });

  it.each(CREDENTIAL_KINDS)('%s: opens no door of another kind', async (kind: CredentialKind) => {
    const opened: string[] = [];
    for (const { name, opensFor, show } of doors) {
      if (!opensFor.includes(kind) && (await show(credentials[kind]))) opened.push(name);
    }
    expect(opened).toEqual([]);
  });

  it('ends nothing where a token is revoked that it is not', async () => {
    for (const kind of CREDENTIAL_KINDS) {
      if (/^(access|refresh) token/.test(kind)) continue;
      const body = new URLSearchParams({ token: credentials[kind] });
      const { status } = await fetch(`${platform.url}/oauth/revoke`, { method: 'POST', body });
      expect([kind, status]).toEqual([kind, 200]);
    }
  });

  it('is introspected for members and keys that may verify, and for nobody else [H-095] [T-10]', async () => {
    const weak = await keyOf('gatehouse', { scopes: ['keys.read'] });
    for (const [headers, status] of [
      [{}, 401],
      [bearer('x'), 401],
      [bearer(credentials['key of an API']), 401],
      [bearer(credentials['access token of an API']), 401],
      [bearer(weak), 403],
    ] as const) {
      expect(await introspect(credentials['refresh token'], headers)).toMatchObject({ status });
    }
  });

  it('is inactive in one and the same answer, whatever it is that is no token of ours [H-095] [T-10]', async () => {
    const by = bearer(credentials['management key']);
    const others = CREDENTIAL_KINDS.filter((kind) => !/^(access|refresh) token/.test(kind));
    const asked = [...others.map((kind) => credentials[kind]), 'x', 'a.b.c', 'altx_rt_x', `${'a'.repeat(8_000)}`];
    const answers = new Set<string>();
    for (const token of asked) answers.add(JSON.stringify(await introspect(token, by)));
    expect([...answers]).toHaveLength(1);
    expect(await introspect('x', by)).toMatchObject({ status: 200, text: '{"active":false}' });
  });

  it('is not guessed by introspection: a key with a limit asks no more often than that [H-095]', async () => {
    const limited = bearer(await keyOf('gatehouse', { scopes: ['keys.verify'], limits: { day: 3 } }));
    const statuses: number[] = [];
    for (let index = 0; index < 5; index++) statuses.push((await introspect(`guess ${index}`, limited)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });

  it('still opens its own doors after all that: no wrong door has spent or ended anything', async () => {
    const shut: string[] = [];
    for (const { name, opensFor, show } of doors) {
      if (SPENT_ELSEWHERE.has(name)) continue;
      for (const kind of opensFor) if (!(await show(credentials[kind]))) shut.push(`${kind} at ${name}`);
    }
    expect(shut).toEqual([]);
    expect((await send(`${platform.url}/auth/session`)).status).toBe(401);
  });

  const keyOf = async (api: string, more: object): Promise<string> =>
    (await administrator.send('POST', '/api/v1/keys', { api, name: 'another', ...more })).body.key;
  const introspect = async (token: string, headers: object) => {
    const body = new URLSearchParams({ token });
    const answer = await fetch(`${platform.url}/oauth/introspect`, { method: 'POST', body, headers: { ...headers } });
    const told = [...answer.headers.keys()].filter((name) => !/^(x-)?(request-id|ratelimit)/.test(name));
    return { status: answer.status, text: await answer.text(), told };
  };
});
