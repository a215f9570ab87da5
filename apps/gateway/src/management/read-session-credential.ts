import { MANAGEMENT_KEY_PREFIX } from '@gatehouse/catalog/management-api';
import { readSessionCookie } from './session-cookie.js';

/** With what a management request proves who sends it. */
export type SessionCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'cookie_repeated' }
  | { readonly kind: 'authorization_malformed' }
  | { readonly kind: 'management_key'; readonly secret: string }
  | { readonly kind: 'cookie_with_management_key' }
  | { readonly kind: 'found'; readonly sessionToken: string | undefined; readonly accessToken: string | undefined };

const BEARER = /^bearer +([A-Za-z0-9._~+/=-]{1,8192})$/i;
const SESSION_TOKEN = /^[A-Za-z0-9._~+/=-]{1,200}$/;

/**
 * Reads the session cookie and the bearer token (RFC 6750, section 2.1), which is an access token or, by its prefix, a
 * management key; never the query string. A key is never sent by a browser that holds a session.
 */
export function readSessionCredential(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  secureCookies: boolean,
): SessionCredential {
  const cookie = readSessionCookie(text(headers['cookie']), secureCookies);
  if (cookie.kind === 'repeated') return { kind: 'cookie_repeated' };
  const authorization = text(headers['authorization']);
  const accessToken = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  if (authorization !== undefined && accessToken === undefined) return { kind: 'authorization_malformed' };
  if (accessToken?.startsWith(MANAGEMENT_KEY_PREFIX) === true) {
    return cookie.kind === 'none'
      ? { kind: 'management_key', secret: accessToken }
      : { kind: 'cookie_with_management_key' };
  }
  // A value that no session of ours can have is as good as none: it never reaches the bus.
  const sessionToken = cookie.kind === 'found' && SESSION_TOKEN.test(cookie.token) ? cookie.token : undefined;
  if (sessionToken === undefined && accessToken === undefined) return { kind: 'none' };
  return { kind: 'found', sessionToken, accessToken };
}

function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
