import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  type ServerMetadata,
} from 'openid-client';
import type { Callback } from './callback.js';
import type { SsoSettings } from './federation-settings.js';
import type { Outbound } from './outbound.client.js';
import type { Vouched } from './provider.js';
import { readSsoProfile } from './sso-profile.js';

const DISCOVERY_KEPT_MS = 3_600_000;
const TIMEOUT_SECONDS = 5;
const SCOPE = 'openid email profile';

interface SsoTrip {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** The OpenID Connect provider of the installation. */
export interface SsoProvider {
  /** Where to send the browser. @throws where the provider's own description cannot be had */
  begin(trip: SsoTrip): Promise<URL>;
  /** Exchanges the code, and checks the ID token: signature, issuer, audience, time, nonce [O-04]. @throws where any fails */
  finish(callback: Callback, trip: SsoTrip): Promise<Vouched>;
}

/** @param monotonicMs how old the provider's description is */
export function ssoProvider(settings: SsoSettings, send: Outbound, monotonicMs: () => number): SsoProvider {
  let kept: { readonly readMs: number; readonly configuration: Promise<Configuration> } | undefined;

  /** Read when it is needed, so that a provider that is down keeps nobody else out; a failure is not kept. */
  function configuration(): Promise<Configuration> {
    if (kept !== undefined && monotonicMs() - kept.readMs < DISCOVERY_KEPT_MS) return kept.configuration;
    const reading = { readMs: monotonicMs(), configuration: discover(settings, send) };
    kept = reading;
    reading.configuration.catch(() => {
      if (kept === reading) kept = undefined;
    });
    return reading.configuration;
  }

  return {
    begin: async ({ state, nonce, verifier }) => {
      const url = buildAuthorizationUrl(await configuration(), {
        redirect_uri: settings.callbackUrl,
        scope: SCOPE,
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      // The provider has said where that is: a browser is sent to a web page, and to nothing else.
      if (url.protocol !== 'https:' && url.origin !== new URL(settings.issuer).origin) throw new Error('not HTTPS');
      return url;
    },
    finish: async (callback, { state, nonce, verifier }) => {
      const url = new URL(settings.callbackUrl);
      for (const name of ['code', 'state', 'iss'] as const) {
        const value = callback[name];
        if (value !== undefined) url.searchParams.set(name, value);
      }
      const provider = await configuration();
      const tokens = await authorizationCodeGrant(provider, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('there is no ID token');
      const { iss, sub } = claims;
      const isComplete = claims['email'] !== undefined && claims['email_verified'] !== undefined;
      if (isComplete || provider.serverMetadata().userinfo_endpoint === undefined) return readSsoProfile(iss, claims);
      // Many providers tell the address there only; openid-client sees to it that it is about the same subject.
      return readSsoProfile(iss, { ...(await fetchUserInfo(provider, tokens.access_token, sub)), sub });
    },
  };
}

async function discover(settings: SsoSettings, send: Outbound): Promise<Configuration> {
  const issuer = new URL(settings.issuer);
  const request = fetchThrough(send);
  const isPlain = issuer.protocol === 'http:' ? [allowInsecureRequests] : [];
  const found = await discovery(issuer, settings.clientId, {}, ClientSecretBasic(settings.clientSecret), {
    [customFetch]: request,
    timeout: TIMEOUT_SECONDS,
    execute: isPlain,
  });
  const metadata = found.serverMetadata();
  const configured = new Configuration(metadata, settings.clientId, {}, clientAuthentication(metadata, settings));
  configured[customFetch] = request;
  configured.timeout = TIMEOUT_SECONDS;
  for (const extend of [...isPlain, enableNonRepudiationChecks]) extend(configured);
  return configured;
}

/** The method that every provider has unless it says otherwise (OpenID Connect Core section 9). */
function clientAuthentication(metadata: ServerMetadata, { clientSecret }: SsoSettings) {
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return methods.includes('client_secret_basic') ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret);
}

function fetchThrough(send: Outbound) {
  return (
    url: string,
    options: { method?: string; headers?: object; body?: unknown; signal?: AbortSignal | undefined },
  ) =>
    send(url, {
      method: options.method ?? 'GET',
      headers: Object.fromEntries(new Headers(options.headers as Record<string, string>)),
      body: options.body === undefined || options.body === null ? undefined : String(options.body),
      signal: options.signal,
    });
}
