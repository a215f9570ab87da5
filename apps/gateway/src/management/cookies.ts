/** The name of a cookie of ours. `__Host-` binds it to this host and to HTTPS (RFC 6265bis, section 4.1.3.2). */
function cookieName(plain: string, secure: boolean): string {
  return secure ? `__Host-${plain}` : plain;
}

/** `Set-Cookie` that hands a browser a secret; no Domain, so no other host ever sees or sets it. */
export function secretCookie(plainName: string, token: string, maxAgeSeconds: number, secure: boolean): string {
  const attributes = `Path=/; Max-Age=${Math.max(0, Math.floor(maxAgeSeconds))}; HttpOnly; SameSite=Lax`;
  return `${cookieName(plainName, secure)}=${token}; ${attributes}${secure ? '; Secure' : ''}`;
}

export type ReadCookie =
  | { readonly kind: 'none' }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'found'; readonly token: string };

/**
 * Reads one cookie. The name is compared case-sensitively, and the name of the other mode is another cookie; two of the
 * same name come from somebody who could set one of them, so neither is believed.
 */
export function readSecretCookie(cookieHeader: string | undefined, plainName: string, secure: boolean): ReadCookie {
  if (cookieHeader === undefined) return { kind: 'none' };
  const start = `${cookieName(plainName, secure)}=`;
  const found = cookieHeader
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start));
  const [first, second] = found;
  if (first === undefined) return { kind: 'none' };
  if (second !== undefined) return { kind: 'repeated' };
  return { kind: 'found', token: first.slice(start.length) };
}
