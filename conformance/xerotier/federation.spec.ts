import { type GithubStandIn, startGithubStandIn } from '@gatehouse/testing/github-sign-in';
import { type OidcProvider, startOidcProvider } from '@gatehouse/testing/oidc';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newBrowser } from '../browser.js';
import { type PlatformUnderTest, startPlatform } from '../platform.js';
import { signInWith } from './sign-in-with.js';

const PUBLIC_URL = 'http://localhost:8080';
const ADMIN_EMAIL = 'admin@example.com';

let github: GithubStandIn;
let sso: OidcProvider;
let both: PlatformUnderTest;

const githubEnvironment = () => ({
  GITHUB_CLIENT_ID: github.clientId,
  GITHUB_CLIENT_SECRET: github.clientSecret,
  GITHUB_URL: github.url,
});
const ssoEnvironment = () => ({
  SSO_ISSUER: sso.issuer,
  SSO_CLIENT_ID: sso.clientId,
  SSO_CLIENT_SECRET: sso.clientSecret,
});
const start = (environment: Record<string, string>) => startPlatform({ environment: { PUBLIC_URL, ...environment } });

beforeAll(async () => {
  github = await startGithubStandIn();
  sso = await startOidcProvider([`${PUBLIC_URL}/auth/sso/callback`]);
  both = await start({ ...githubEnvironment(), ...ssoEnvironment() });
});
afterAll(async () => {
  await both?.stop();
  await sso?.stop();
  await github?.stop();
});

const browser = (platform = both) => newBrowser(platform.url);
const atGithub = (id: number, email: string) =>
  github.signedInAs({ id, login: `user-${id}`, name: null, emails: [{ email, primary: true, verified: true }] });
const providersOf = async (platform: PlatformUnderTest) =>
  (await browser(platform).send('GET', '/auth/providers')).body.providers;
const statusesOf = async (platform: PlatformUnderTest) => {
  const opened = ['github', 'sso'].map((provider) => browser(platform).send('GET', `/auth/${provider}`));
  return (await Promise.all(opened)).map(({ status }) => status);
};

describe('signing in with a provider', () => {
  it('[T8] GitHub makes an account and opens it with a session', async () => {
    atGithub(1, 'octo@example.com');
    const one = browser();
    const landed = await signInWith(one, PUBLIC_URL, 'github');
    expect([landed.status, landed.headers['location']]).toEqual([303, '/']);
    const { account } = (await one.send('GET', '/auth/session')).body;
    expect(account.email).toBe('octo@example.com');
    const other = browser();
    await signInWith(other, PUBLIC_URL, 'github');
    expect((await other.send('GET', '/auth/session')).body.account).toEqual(account);
  });

  it('[T10] single sign-on makes an account and opens it with a session', async () => {
    sso.signedInAs({ sub: 'auth0|1', email: 'grace@example.com', email_verified: true, name: 'Grace' });
    const one = browser();
    const landed = await signInWith(one, PUBLIC_URL, 'sso');
    expect([landed.status, landed.headers['location']]).toEqual([303, '/']);
    expect((await one.send('GET', '/auth/session')).body.account.email).toBe('grace@example.com');
  });

  it('[T9] GitHub is linked to the account with the verified address, and can be unlinked', async () => {
    atGithub(2, ADMIN_EMAIL);
    const one = browser();
    await signInWith(one, PUBLIC_URL, 'github');
    expect((await one.send('GET', '/auth/session')).body.account.email).toBe(ADMIN_EMAIL);
    const { identities } = (await one.send('GET', '/auth/identities')).body;
    expect(identities).toMatchObject([{ provider: 'github', email: ADMIN_EMAIL }]);
    expect((await one.send('DELETE', `/auth/identities/${identities[0].id}`)).status).toBe(204);
    expect((await one.send('GET', '/auth/identities')).body).toEqual({ identities: [] });
    const again = await signInWith(browser(), PUBLIC_URL, 'github');
    expect(again.headers['location']).toBe('/sign-in?error=link_required');
  });

  it('[T11] both providers are there where both are configured, and know nothing of each other', async () => {
    expect(await providersOf(both)).toEqual(['github', 'sso']);
    expect(await statusesOf(both)).toEqual([303, 303]);
  });

  it('[T8] [T10] [T11] each provider is there exactly where it is configured', async () => {
    for (const [environment, providers, statuses] of [
      [githubEnvironment(), ['github'], [303, 404]],
      [ssoEnvironment(), ['sso'], [404, 303]],
      [{}, [], [404, 404]],
    ] as const) {
      const platform = await start(environment);
      try {
        expect(await providersOf(platform)).toEqual(providers);
        expect(await statusesOf(platform)).toEqual(statuses);
      } finally {
        await platform.stop();
      }
    }
  }, 240_000);
});
