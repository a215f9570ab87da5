import { type GithubStandIn, type GithubUser, startGithubStandIn } from '@gatehouse/testing/github-sign-in';
import { type OidcPerson, type OidcProvider, startOidcProvider } from '@gatehouse/testing/oidc';
import { ADMIN_ENVIRONMENT, type IdentityUnderTest, identityTests } from '../start.conformance.js';
import { TestBrowser } from './browser.conformance.js';

/** Both providers, and three replicas of identity that know them, for one file of tests. */
export interface FederationWorld {
  readonly identity: IdentityUnderTest;
  readonly github: GithubStandIn;
  readonly sso: OidcProvider;
  /** A browser that goes round the replicas, at an address of its own. */
  browser(): TestBrowser;
  /** Somebody whom nobody has seen, with a verified address, now signed in at GitHub. */
  atGithub(user?: Partial<GithubUser>): GithubUser;
  /** The same at the SSO provider. */
  atSso(person?: Partial<OidcPerson>): OidcPerson & { readonly email: string };
  rows(statement: string, ...parameters: readonly unknown[]): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

export async function openFederationWorld(): Promise<FederationWorld> {
  const tests = await identityTests();
  const identity = await tests.open();
  const github = await startGithubStandIn();
  const sso = await startOidcProvider(['https://gatehouse.example.test/auth/sso/callback']);
  const environment = {
    ...ADMIN_ENVIRONMENT,
    GITHUB_CLIENT_ID: github.clientId,
    GITHUB_CLIENT_SECRET: github.clientSecret,
    GITHUB_URL: github.url,
    SSO_ISSUER: sso.issuer,
    SSO_CLIENT_ID: sso.clientId,
    SSO_CLIENT_SECRET: sso.clientSecret,
    IDENTITY_HTTP_PORT: '0',
  };
  const urls: (string | undefined)[] = [];
  for (let replica = 0; replica < 3; replica += 1) urls.push((await identity.start(environment)).httpUrl);
  let people = 0;
  let browsers = 0;
  return {
    identity,
    github,
    sso,
    browser: () => new TestBrowser(urls, `198.51.100.${++browsers}`),
    atGithub: (given = {}) => {
      const number = ++people;
      const email = `Person${number}@example.test`;
      const emails = [{ email, primary: true, verified: true }];
      const user = { id: 1_000 + number, login: `person-${number}`, name: `Person ${number}`, emails, ...given };
      github.signedInAs(user);
      return user;
    },
    atSso: (given = {}) => {
      const number = ++people;
      const person = { sub: `sub|${number}`, email: `Person${number}@example.test`, email_verified: true, ...given };
      sso.signedInAs(person);
      return person;
    },
    rows: (statement, ...parameters) => identity.owner.query(statement, [...parameters]),
    stop: async () => {
      await identity.stop();
      await github.stop();
      await sso.stop();
      await tests.stop();
    },
  };
}
