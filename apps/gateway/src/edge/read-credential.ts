import type { CredentialPlace } from '../routes/credential-places.js';

export type ReadCredential =
  | { readonly kind: 'present'; readonly secret: string; readonly carries: CredentialPlace['carries'] }
  | {
      readonly kind: 'refused';
      readonly code: 'credential_missing' | 'credential_malformed' | 'credential_repeated' | 'credentials_disagree';
    };

/**
 * Reads the credential from the places where the API's profile allows one, never from the query string. Raw headers are
 * read, since a joined or dropped second value would hide that a header was sent twice.
 * @param rawHeaders names and values in turn, as they arrived.
 */
export function readCredential(rawHeaders: readonly string[], places: readonly CredentialPlace[]): ReadCredential {
  let secret: string | undefined;
  let carries: CredentialPlace['carries'] = 'key';
  let refusal: ReadCredential | undefined;
  for (const place of places) {
    const value = headerValue(rawHeaders, place.header);
    if (value === undefined) continue;
    if (value === null) return refused('credential_repeated');
    const read = withoutScheme(value, place.scheme);
    if (read === undefined) refusal ??= refused('credential_malformed');
    else if (secret !== undefined && secret !== read) return refused('credentials_disagree');
    else if (secret === undefined) {
      secret = read;
      carries = place.carries;
    }
  }
  if (refusal !== undefined) return refusal;
  return secret === undefined ? refused('credential_missing') : { kind: 'present', secret, carries };
}

/** Undefined: not sent; null: sent more than once. */
function headerValue(rawHeaders: readonly string[], wanted: string): string | null | undefined {
  let value: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length !== wanted.length || name.toLowerCase() !== wanted) continue;
    if (value !== undefined) return null;
    value = rawHeaders[index + 1] as string;
  }
  return value;
}

/** What follows the scheme and its spaces (RFC 9110 section 11.4); undefined where the form is another one. */
function withoutScheme(value: string, scheme: string | undefined): string | undefined {
  let start = 0;
  if (scheme !== undefined) {
    if (value.charCodeAt(scheme.length) !== 0x20 || value.slice(0, scheme.length).toLowerCase() !== scheme) {
      return undefined;
    }
    start = scheme.length;
    while (value.charCodeAt(start) === 0x20) start++;
  }
  const secret = start === 0 ? value : value.slice(start);
  return isToken(secret) ? secret : undefined;
}

/** Visible ASCII without spaces and commas: one value, not a list. */
function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f || code === 0x2c) return false;
  }
  return text.length > 0;
}

function refused(code: Extract<ReadCredential, { kind: 'refused' }>['code']): ReadCredential {
  return { kind: 'refused', code };
}
