import type { Profile } from '@gatehouse/catalog/profile-schema';

/** One place where a credential may be, ready to be compared with raw headers. */
export interface CredentialPlace {
  /** Lower case. */
  readonly header: string;
  /** Lower case; undefined: the whole value is the credential. */
  readonly scheme: string | undefined;
  /** What may be there: a key, an access token, or one of the two. */
  readonly carries: 'key' | 'token' | 'either';
}

/** Where keys may be, as the profile lists them, and where access tokens may be: one of these places, or one more. */
export function credentialPlaces({ credentials, tokens }: Profile): readonly CredentialPlace[] {
  const forKeys = credentials.map(
    ({ header, scheme }): CredentialPlace => ({
      header: header.toLowerCase(),
      scheme: scheme?.toLowerCase(),
      carries: 'key',
    }),
  );
  if (tokens === undefined) return forKeys;
  const header = tokens.header.toLowerCase();
  const isShared = (place: CredentialPlace) => place.header === header && place.scheme === 'bearer';
  if (!forKeys.some(isShared)) return [...forKeys, { header, scheme: 'bearer', carries: 'token' }];
  return forKeys.map((place) => (isShared(place) ? { ...place, carries: 'either' } : place));
}
