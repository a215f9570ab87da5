import type { OidcProvider } from '@gatehouse/testing/oidc';
import { SignJWT } from 'jose';
import { DataSource } from 'typeorm';
import type { Browser } from '../../conformance/browser.js';
import { tokenIn } from '../../conformance/mail-link.js';
import type { PlatformWithClock } from '../../conformance/platform-with-clock.js';
import { bearer, send } from '../../conformance/send.js';
import { enrol } from '../../conformance/xerotier/authenticator.js';

/** Everything that anybody is ever given to show again, one that is good of each kind. */
export type Credentials = Readonly<Record<CredentialKind, string>>;

export const CREDENTIAL_KINDS = [
  'session cookie',
  'CSRF token',
  'device cookie',
  'cookie of a round trip to a provider',
  'state of a round trip to a provider',
  'access token of a session',
  'access token of an API',
  'refresh token',
  'challenge of a second step',
  'backup code',
  'link of a sign-up',
  'link to a new password',
  'link of an invitation',
  'link of a new address',
  'link back to the old address',
  'link of a recovery',
  'link that stops a recovery',
  'identity token for upstreams',
  'ID token of the SSO provider',
  'key of an API',
  'management key',
] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** What the doors need beside the credential that is shown. */
export interface Holders {
  readonly administrator: Browser;
  /** Whom the invitation is for. */
  readonly invited: Browser;
  readonly managementKey: string;
}

const PASSWORD = 'a quiet river runs north';
const SECONDS_OF_ID_TOKEN = 3_600;

/** @param lastIdentityToken what the newest request to an upstream had in `X-Gatehouse-Identity` */
export async function giveCredentials(
  platform: PlatformWithClock,
  sso: OidcProvider,
  lastIdentityToken: () => string,
): Promise<{ readonly credentials: Credentials; readonly holders: Holders }> {
  await addPeople(platform, ['invited', 'forgetful', 'stepping', 'locked', 'careful', 'moving', 'moved']);
  const linkTo = async (name: string) => tokenIn(await platform.nextMail(addressOf(name)));
  const anybody = (path: string, json: object) => platform.browser().send('POST', path, json);
  const signedIn = async (name: string) => {
    const browser = platform.browser();
    await browser.signIn({ email: addressOf(name), password: PASSWORD });
    return browser;
  };
  const challengeOf = async (name: string): Promise<string> =>
    (await anybody('/auth/login', { email: addressOf(name), password: PASSWORD })).body.challenge;

  // Each sets an authenticator up, which takes a step of the clock: before what does not live long.
  const backupCodes: Record<string, readonly string[]> = {};
  for (const name of ['stepping', 'locked', 'careful']) {
    backupCodes[name] = (await enrol(await signedIn(name), platform)).backupCodes;
    await platform.nextMail(addressOf(name));
  }
  for (const name of ['locked', 'careful']) {
    await anybody('/auth/recovery/start', { challenge: await challengeOf(name) });
  }
  const recovery = await linkTo('locked');
  await anybody('/auth/recovery/confirm', { token: await linkTo('careful') });
  const stopsRecovery = await linkTo('careful');

  await (await signedIn('moved')).send('POST', '/auth/email/change', { email: addressOf('moved-here') });
  await anybody('/auth/email/change/confirm', { token: await linkTo('moved-here') });
  const back = await linkTo('moved');
  await (await signedIn('moving')).send('POST', '/auth/email/change', { email: addressOf('moving-here') });
  const newAddress = await linkTo('moving-here');

  await anybody('/auth/signup', { email: addressOf('new'), password: `${PASSWORD} again`, name: 'New' });
  await anybody('/auth/password/forgot', { email: addressOf('forgetful') });

  const administrator = platform.browser();
  const { access_token: ofSession } = (await administrator.signIn(platform.admin)).body;
  const [organization] = (await administrator.send('GET', '/api/v1/orgs')).body.data;
  await administrator.send('POST', `/api/v1/orgs/${organization.id}/invitations`, {
    email: addressOf('invited'),
    role: 'developer',
  });
  const keyOf = async (api: string, scopes: readonly string[]): Promise<string> =>
    (await administrator.send('POST', '/api/v1/keys', { api, name: 'one', scopes })).body.key;
  const [managementKey, apiKey] = [
    await keyOf('gatehouse', ['keys.read', 'keys.verify']),
    await keyOf('altrixy', ['portfolios.read']),
  ];
  const inOneApi = await send(`${platform.url}/apis/altrixy/v1/auth/token`, { method: 'POST', json: platform.admin });
  const { access_token: ofApi, refresh_token: refresh } = inOneApi.json() as Record<string, string>;
  await send(`${platform.url}/apis/xantly/v1/other`, { headers: bearer(await keyOf('xantly', [])) });

  const setsOut = platform.browser();
  const { location } = (await setsOut.send('GET', '/auth/sso')).headers;
  const csrf = (await administrator.send('GET', '/auth/session')).body.csrf_token;
  return {
    credentials: {
      'session cookie': cookieOf(administrator, 'gatehouse_session'),
      'CSRF token': csrf,
      'device cookie': cookieOf(administrator, 'gatehouse_device'),
      'cookie of a round trip to a provider': cookieOf(setsOut, 'gatehouse_sign_in'),
      'state of a round trip to a provider': new URL(String(location)).searchParams.get('state') ?? '',
      'access token of a session': ofSession,
      'access token of an API': ofApi ?? '',
      'refresh token': refresh ?? '',
      'challenge of a second step': await challengeOf('stepping'),
      'backup code': backupCodes['stepping']?.[0] ?? '',
      'link of a sign-up': await linkTo('new'),
      'link to a new password': await linkTo('forgetful'),
      'link of an invitation': await linkTo('invited'),
      'link of a new address': newAddress,
      'link back to the old address': back,
      'link of a recovery': recovery,
      'link that stops a recovery': stopsRecovery,
      'identity token for upstreams': lastIdentityToken(),
      'ID token of the SSO provider': await idToken(platform, sso),
      'key of an API': apiKey,
      'management key': managementKey,
    },
    holders: { administrator, invited: await signedIn('invited'), managementKey },
  };
}

const addressOf = (name: string) => `${name}@example.com`;

function cookieOf(browser: Browser, name: string): string {
  return browser.cookies.get(name) ?? '';
}

/** What the provider would say of the administrator, to us. */
function idToken({ admin, clock }: PlatformWithClock, sso: OidcProvider): Promise<string> {
  const nowSeconds = Math.floor(clock.nowMs() / 1_000);
  return new SignJWT({ email: admin.email, email_verified: true })
    .setProtectedHeader({ alg: 'RS256', kid: 'of-the-test' })
    .setIssuer(sso.issuer)
    .setSubject('administrator')
    .setAudience(sso.clientId)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + SECONDS_OF_ID_TOKEN)
    .sign(sso.signingKey);
}

/** People with the administrator's password: hashing is what takes time. */
async function addPeople({ databaseUrl }: PlatformWithClock, names: readonly string[]): Promise<void> {
  const owner = await new DataSource({ type: 'postgres', url: databaseUrl }).initialize();
  for (const name of names) {
    await owner.query(
      `INSERT INTO identity.accounts (id, email, email_lookup, name, email_verified_at, created_at)
       SELECT 'acc_' || $2::text, $1, $1, $2, created_at, created_at FROM identity.accounts LIMIT 1`,
      [addressOf(name), name],
    );
    await owner.query(
      `INSERT INTO identity.passwords (account_id, format, hash, set_at)
       SELECT 'acc_' || $1::text, format, hash, set_at FROM identity.passwords LIMIT 1`,
      [name],
    );
  }
  await owner.destroy();
}
