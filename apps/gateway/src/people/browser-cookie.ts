import { randomBytes } from 'node:crypto';

/** As long as somebody may take at a provider. */
const MAX_AGE_SECONDS = 600;
const SECRET = /^[\w-]{43}$/;

/** The secret that binds the two halves of a sign-in with a provider to one browser [O-01]. */
export interface BrowserSecret {
  readonly secret: string;
  readonly setCookie: string;
}

/** The secret that the browser has, so that a second tab does not end the sign-in of the first; else a new one. */
export function bindBrowser(cookieHeader: string | undefined, secure: boolean): BrowserSecret {
  const secret = readBrowserSecret(cookieHeader, secure) ?? randomBytes(32).toString('base64url');
  const attributes = `Path=/; Max-Age=${MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  return { secret, setCookie: `${nameOf(secure)}=${secret}; ${attributes}` };
}

/** Two of one name come from somebody who could set one of them: neither is believed. */
export function readBrowserSecret(cookieHeader: string | undefined, secure: boolean): string | undefined {
  const start = `${nameOf(secure)}=`;
  const found = (cookieHeader ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start));
  const secret = found.length === 1 ? found[0]?.slice(start.length) : undefined;
  return secret !== undefined && SECRET.test(secret) ? secret : undefined;
}

function nameOf(secure: boolean): string {
  return secure ? '__Host-gatehouse_sign_in' : 'gatehouse_sign_in';
}
