/** Name of the session cookie. `__Host-` binds it to this host and to HTTPS (RFC 6265bis, section 4.1.3.2). */
function sessionCookieName(secure: boolean): string {
  return secure ? '__Host-gatehouse_session' : 'gatehouse_session';
}

/** `Set-Cookie` that hands a browser its session; no Domain, so no other host ever sees or sets it. */
export function sessionCookie(token: string, maxAgeSeconds: number, secure: boolean): string {
  const attributes = `Path=/; Max-Age=${Math.max(0, Math.floor(maxAgeSeconds))}; HttpOnly; SameSite=Lax`;
  return `${sessionCookieName(secure)}=${token}; ${attributes}${secure ? '; Secure' : ''}`;
}

/** `Set-Cookie` that takes the session away again. */
export function endedSessionCookie(secure: boolean): string {
  return sessionCookie('', 0, secure);
}

export type SessionCookie =
  | { readonly kind: 'none' }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'found'; readonly token: string };

/**
 * Reads the session cookie. The name is compared case-sensitively, and the name of the other mode is another cookie; two
 * of the same name come from somebody who could set one of them, so neither is believed.
 */
export function readSessionCookie(cookieHeader: string | undefined, secure: boolean): SessionCookie {
  if (cookieHeader === undefined) return { kind: 'none' };
  const start = `${sessionCookieName(secure)}=`;
  const found = cookieHeader
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start));
  const [first, second] = found;
  if (first === undefined) return { kind: 'none' };
  if (second !== undefined) return { kind: 'repeated' };
  return { kind: 'found', token: first.slice(start.length) };
}
