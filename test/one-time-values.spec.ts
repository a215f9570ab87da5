import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startExampleUpstream } from '@gatehouse/example-upstream/upstream.server';
import { identityHttp } from '@gatehouse/gateway/people/identity-http.client';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { type GithubStandIn, startGithubStandIn } from '@gatehouse/testing/github-sign-in';
import { type OidcProvider, startOidcProvider } from '@gatehouse/testing/oidc';
import { type ClusterPlatform, startClusterPlatform } from '@gatehouse/testing/platform';
import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, newBrowser } from '../conformance/browser.js';
import { send } from '../conformance/send.js';

const AT_ONCE = 24;
const PUBLIC_URL = 'http://localhost:8080';
const PASSWORD = 'nine quiet otters swim north';

/** What was used once, and what trying it again answers. */
interface Used {
  readonly what: string;
  readonly tryAgain: () => Promise<number>;
}

describe('what works once, over three processes of identity', () => {
  let upstream: { readonly url: string; stop(): Promise<unknown> };
  let postgres: TestPostgres;
  let platform: ClusterPlatform;
  let github: GithubStandIn;
  let sso: OidcProvider;
  let configuration: string;
  const read = new Set<string>();
  const used: Used[] = [];

  const start = () =>
    startClusterPlatform({
      configuration,
      exampleUpstreamUrl: upstream.url,
      databaseUrl: postgres.url,
      redis: false,
      replicas: { identity: 3, gateway: 2 },
      environment: {
        PUBLIC_URL,
        GITHUB_CLIENT_ID: github.clientId,
        GITHUB_CLIENT_SECRET: github.clientSecret,
        GITHUB_URL: github.url,
        SSO_ISSUER: sso.issuer,
        SSO_CLIENT_ID: sso.clientId,
        SSO_CLIENT_SECRET: sso.clientSecret,
      },
    });

  beforeAll(async () => {
    configuration = await readFile(new URL('../conformance/gatehouse.yaml', import.meta.url), 'utf8');
    upstream = await startExampleUpstream({ port: 0, host: '127.0.0.1' });
    postgres = await startTestPostgres();
    github = await startGithubStandIn();
    sso = await startOidcProvider([`${PUBLIC_URL}/auth/sso/callback`]);
    platform = await start();
  });
  afterAll(async () => {
    await platform?.stop();
    await postgres?.stop();
    await upstream?.stop();
    await github?.stop();
    await sso?.stop();
  });

  /** Every second request goes to the other gateway; behind both, each message goes to one of three replicas. */
  const urlOf = (index: number) => platform.urls[index % platform.urls.length] ?? platform.url;
  const post = async (path: string, json: unknown, index = 0) =>
    (await send(`${urlOf(index)}${path}`, { method: 'POST', json })).status;
  const atOnce = (attempt: (index: number) => Promise<number>) =>
    Promise.all(Array.from({ length: AT_ONCE }, (_, index) => attempt(index)));

  /** The token of the link in the next message to an address that was not read before. */
  async function tokenTo(email: string): Promise<string> {
    let token = '';
    await waitUntil(
      `a mail to ${email}`,
      async () => {
        const names = (await readdir(platform.outboxFolder)).filter((name) => name.endsWith('.eml') && !read.has(name));
        for (const name of names) {
          const text = await readFile(join(platform.outboxFolder, name), 'utf8');
          const found = /#token=([\w-]{43})/.exec(text.replace(/=\r?\n/g, '').replaceAll('=3D', '='))?.[1];
          if (!text.includes(`To: ${email}`) || found === undefined) continue;
          read.add(name);
          token = found;
          return true;
        }
        return false;
      },
      20_000,
    );
    return token;
  }

  /** Somebody who has signed up, followed the link and signed in. */
  async function somebody(email: string): Promise<Browser> {
    expect(await post('/auth/signup', { email, password: PASSWORD, name: 'Somebody' })).toBe(202);
    expect(await post('/auth/email/verify', { token: await tokenTo(email) })).toBe(200);
    const browser = newBrowser(platform.url);
    expect((await browser.signIn({ email, password: PASSWORD })).body.status).toBe('signed_in');
    return browser;
  }

  /** A code of an authenticator that is not ours, so many steps from now. */
  const codeOf = (secret: string, steps: number) => {
    const at = new Date(Date.now() + steps * 30_000).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
    return execFileSync('oathtool', ['--totp', '-b', secret, '-N', at], { encoding: 'utf8' }).trim();
  };

  async function withSecondFactor(email: string) {
    const browser = await somebody(email);
    const { secret } = (await browser.send('POST', '/auth/2fa/totp/enroll', {})).body;
    const confirmed = await browser.send('POST', '/auth/2fa/totp/confirm', { code: codeOf(secret, -1) });
    expect(confirmed.status).toBe(200);
    return { secret, backupCodes: confirmed.body.backup_codes as string[] };
  }

  /** Sign-ins of one account that each wait for their second factor. */
  async function challengesOf(email: string): Promise<string[]> {
    const challenges: string[] = [];
    for (let index = 0; index < AT_ONCE; index++) {
      const answer = await newBrowser(urlOf(index)).signIn({ email, password: PASSWORD });
      challenges.push(answer.body.challenge);
    }
    return challenges;
  }

  const wins = (statuses: readonly number[]) => statuses.filter((status) => status < 300).length;

  it('lets one of many at once through with the link of a sign-up', async () => {
    const email = 'ada@example.com';
    await post('/auth/signup', { email, password: PASSWORD, name: 'Ada' });
    const token = await tokenTo(email);
    expect(wins(await atOnce((index) => post('/auth/email/verify', { token }, index)))).toBe(1);
    used.push({ what: 'the link of a sign-up', tryAgain: () => post('/auth/email/verify', { token }) });
  });

  it('lets one of many at once through with the link to a new password [H-046]', async () => {
    const email = 'bob@example.com';
    await somebody(email);
    await post('/auth/password/forgot', { email });
    const token = await tokenTo(email);
    const reset = (index: number) =>
      post('/auth/password/reset', { token, new_password: `${PASSWORD} and again ${index}` }, index);
    expect(wins(await atOnce(reset))).toBe(1);
    used.push({ what: 'the link to a new password', tryAgain: () => reset(0) });
  });

  it('lets one of many at once through with an invitation', async () => {
    const email = 'carol@example.com';
    const carol = await somebody(email);
    const admin = newBrowser(platform.url);
    await admin.signIn(platform.admin);
    const [organization] = (await admin.send('GET', '/api/v1/orgs')).body.data;
    await admin.send('POST', `/api/v1/orgs/${organization.id}/invitations`, { email, role: 'developer' });
    const token = await tokenTo(email);
    const accept = async () => (await carol.send('POST', '/api/v1/invitations/accept', { token })).status;
    expect(wins(await atOnce(accept))).toBe(1);
    used.push({
      what: 'an invitation',
      tryAgain: async () => {
        const again = newBrowser(platform.url);
        await again.signIn({ email, password: PASSWORD });
        return (await again.send('POST', '/api/v1/invitations/accept', { token })).status;
      },
    });
  });

  it('lets one of many at once through with the code of an authenticator [H-048]', async () => {
    const email = 'dora@example.com';
    const { secret } = await withSecondFactor(email);
    const challenges = await challengesOf(email);
    const code = codeOf(secret, 0);
    const answer = (index: number) => post('/auth/login/second-factor', { challenge: challenges[index], code }, index);
    expect(wins(await atOnce(answer))).toBe(1);
    used.push({ what: 'the code of an authenticator', tryAgain: () => secondStep(email, code) });
  });

  it('lets one of many at once through with a backup code [H-052]', async () => {
    const email = 'eve@example.com';
    const { backupCodes } = await withSecondFactor(email);
    const challenges = await challengesOf(email);
    const [code = ''] = backupCodes;
    const answer = (index: number) => post('/auth/login/second-factor', { challenge: challenges[index], code }, index);
    expect(wins(await atOnce(answer))).toBe(1);
    used.push({ what: 'a backup code', tryAgain: () => secondStep(email, code) });
  });

  it('lets one of many at once through with a refresh token, and ends the family of who comes second [H-089]', async () => {
    const email = 'frank@example.com';
    await somebody(email);
    const url = `${platform.url}/apis/altrixy/v1/auth`;
    const issued = await send(`${url}/token`, { method: 'POST', json: { email, password: PASSWORD } });
    expect(issued.status).toBe(200);
    const { refresh_token: first } = issued.json() as { refresh_token: string };
    const refresh = (token: string, index = 0) =>
      post('/apis/altrixy/v1/auth/refresh', { refresh_token: token }, index);
    expect(wins(await atOnce((index) => refresh(first, index)))).toBe(1);
    used.push({ what: 'a refresh token', tryAgain: () => refresh(first) });
  });

  it.each(['github', 'sso'] as const)(
    'lets one of many at once back from %s, and has one token asked for [H-065] [H-070]',
    async (provider) => {
      const emails = [{ email: 'gina@example.com', primary: true, verified: true }];
      github.signedInAs({ id: 7, login: 'gina', name: null, emails });
      sso.signedInAs({ sub: 'hugo', email: 'hugo@example.com', email_verified: true });
      const browser = randomBytes(32).toString('base64url');
      const begun = await processOfIdentity(0).begin(provider, contextOf(browser));
      if (begun.kind !== 'sent') throw new Error(`not sent to ${provider}: ${begun.kind}`);
      const query = await callbackAfter(begun.location);
      const finish = async (index: number) => {
        const { kind } = await processOfIdentity(index).finish(provider, query, contextOf(browser));
        return kind === 'signed_in' ? 200 : 403;
      };
      const tokensAsked = () =>
        github.asks('/login/oauth/access_token') + sso.asked.filter((path) => path === '/token').length;
      const before = tokensAsked();
      expect(wins(await atOnce(finish))).toBe(1);
      expect(tokensAsked()).toBe(before + 1);
      used.push({ what: `the way back from ${provider}`, tryAgain: () => finish(0) });
    },
  );

  it('stays used when identity and PostgreSQL are killed and started again [H-091]', async () => {
    expect(used).toHaveLength(8);
    await Promise.all(platform.cluster.services.identity.map(({ child }) => child.stop('SIGKILL')));
    await postgres.kill();
    await platform.stop();
    await postgres.restart();
    platform = await start();
    const again: [string, boolean][] = [];
    for (const { what, tryAgain } of used) again.push([what, (await tryAgain()) < 300]);
    expect(again).toEqual(used.map(({ what }) => [what, false]));
  });

  async function secondStep(email: string, code: string): Promise<number> {
    const answer = await newBrowser(platform.url).signIn({ email, password: PASSWORD });
    expect(answer.body.status).toBe('second_factor_required');
    return post('/auth/login/second-factor', { challenge: answer.body.challenge, code });
  }

  /** The HTTP port of one of the three: the gateway goes to one service address, behind which each may answer. */
  function processOfIdentity(index: number) {
    const { identity } = platform.cluster.services;
    const { environment = {} } = identity[index % identity.length] ?? {};
    const { IDENTITY_HTTP_PORT: port, GATEHOUSE_SECRET: rootSecret = '' } = environment;
    return identityHttp(`http://127.0.0.1:${port}`, rootSecret);
  }

  const contextOf = (browser: string) => ({
    browser,
    origin: { address: '192.0.2.7', userAgent: 'a browser', requestId: 'req-1' },
    linker: null,
  });
});

/** Agrees to everything on a provider's pages. @returns what it sends the browser back with */
async function callbackAfter(location: string): Promise<URLSearchParams> {
  let place = new URL(location);
  const there = newBrowser(place.origin);
  while (place.origin !== PUBLIC_URL) {
    const { headers } = await there.send('GET', `${place.pathname}${place.search}`);
    place = new URL(String(headers['location']), place);
  }
  return place.searchParams;
}
