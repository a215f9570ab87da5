import { readSecretCookie, secretCookie } from '../management/cookies.js';

const NAME = 'gatehouse_device';
const TOKEN = /^[A-Za-z0-9_-]{1,200}$/;

/** `Set-Cookie` by which a device is known again after a sign-in; it opens nothing by itself. */
export function deviceCookie(token: string, maxAgeSeconds: number, secure: boolean): string {
  return secretCookie(NAME, token, maxAgeSeconds, secure);
}

/** What a device that has signed in before sends along. One that could be no token of ours, or two, are as good as none. */
export function readDeviceToken(cookieHeader: string | undefined, secure: boolean): string | undefined {
  const cookie = readSecretCookie(cookieHeader, NAME, secure);
  return cookie.kind === 'found' && TOKEN.test(cookie.token) ? cookie.token : undefined;
}
