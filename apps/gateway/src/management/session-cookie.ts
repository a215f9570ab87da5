import { type ReadCookie, readSecretCookie, secretCookie } from './cookies.js';

const NAME = 'gatehouse_session';

/** `Set-Cookie` that hands a browser its session. */
export function sessionCookie(token: string, maxAgeSeconds: number, secure: boolean): string {
  return secretCookie(NAME, token, maxAgeSeconds, secure);
}

/** `Set-Cookie` that takes the session away again. */
export function endedSessionCookie(secure: boolean): string {
  return sessionCookie('', 0, secure);
}

/** Reads the session cookie. */
export function readSessionCookie(cookieHeader: string | undefined, secure: boolean): ReadCookie {
  return readSecretCookie(cookieHeader, NAME, secure);
}
