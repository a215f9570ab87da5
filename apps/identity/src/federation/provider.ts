import type { EmailAddress } from '../accounts/email.js';

/** Who else can say who somebody is: GitHub, or the OpenID Connect provider of the installation. */
export type ProviderName = 'github' | 'sso';

/**
 * What a provider vouches for. A person is `(provider, issuer, subject)`: never an e-mail address, never a user name, since
 * both pass from one person to another [O-05].
 */
export interface Vouched {
  readonly provider: ProviderName;
  readonly issuer: string;
  /** GitHub's numeric id, or the claim `sub`; compared as it is. */
  readonly subject: string;
  /** The one address that the provider has verified; null: none. */
  readonly email: EmailAddress | null;
  readonly name: string;
}

/** How a conversation with a provider ended. `unavailable`: it did not answer, or not as it should. */
export type ProviderAnswer =
  | { readonly kind: 'vouched'; readonly vouched: Vouched }
  | { readonly kind: 'refused'; readonly code: 'provider_refused' | 'provider_unavailable' };

export const PROVIDER_REFUSED: ProviderAnswer = { kind: 'refused', code: 'provider_refused' };
export const PROVIDER_UNAVAILABLE: ProviderAnswer = { kind: 'refused', code: 'provider_unavailable' };

const NAME_LENGTH_MAX = 120;

/** A name as a provider writes it, made fit to be shown. */
export function plainName(text: string | null | undefined): string {
  const plain = (text ?? '').normalize('NFC').replace(/\p{C}/gu, '').trim();
  return [...plain].slice(0, NAME_LENGTH_MAX).join('').trim();
}
