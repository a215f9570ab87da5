import type { EmailAddress } from '../accounts/email.js';

/** What the tables say about somebody for whom a provider vouches. */
export interface LinkFacts {
  /** The account that the identity belongs to. */
  readonly owner: string | undefined;
  /** The account that asked for the identity while it was signed in; undefined: somebody wants to sign in. */
  readonly linkTo: string | undefined;
  /** The address that the provider has verified. */
  readonly email: EmailAddress | null;
  /** The account with that address. */
  readonly byEmail: AccountByEmail | undefined;
  /** Whether there is a first administrator: nobody signs up before. */
  readonly isInstalled: boolean;
}

export interface AccountByEmail {
  readonly accountId: string;
  readonly isVerified: boolean;
  /** Whether it has another identity at the same issuer: then the address has come to somebody else there. */
  readonly hasOtherIdentity: boolean;
  /** Whether its owner has taken this very identity away: then only the owner brings it back. */
  readonly wasUnlinked: boolean;
}

export type LinkRefusal = 'identity_taken' | 'email_unverified' | 'link_required' | 'not_set_up';

export type LinkDecision =
  | { readonly kind: 'sign_in'; readonly accountId: string }
  /** Links the identity to the account that asked; `isNew` false: it is linked already. */
  | { readonly kind: 'link'; readonly accountId: string; readonly isNew: boolean }
  | { readonly kind: 'link_and_sign_in'; readonly accountId: string }
  | { readonly kind: 'create'; readonly email: EmailAddress }
  | { readonly kind: 'refused'; readonly code: LinkRefusal };

/**
 * Decides whose account an identity opens. By e-mail it is linked only where both sides have verified the address [T9,
 * H-066], the account has no other identity there [O-05], and its owner has not taken it away; otherwise the owner signs
 * in first and links.
 */
export function linkAccount(facts: LinkFacts): LinkDecision {
  const { owner, linkTo, email, byEmail } = facts;
  if (linkTo !== undefined) {
    return owner === undefined || owner === linkTo
      ? { kind: 'link', accountId: linkTo, isNew: owner === undefined }
      : { kind: 'refused', code: 'identity_taken' };
  }
  if (owner !== undefined) return { kind: 'sign_in', accountId: owner };
  if (email === null) return { kind: 'refused', code: 'email_unverified' };
  if (byEmail !== undefined) {
    return byEmail.isVerified && !byEmail.hasOtherIdentity && !byEmail.wasUnlinked
      ? { kind: 'link_and_sign_in', accountId: byEmail.accountId }
      : { kind: 'refused', code: 'link_required' };
  }
  return facts.isInstalled ? { kind: 'create', email } : { kind: 'refused', code: 'not_set_up' };
}
