import type { EmailAddress } from '../accounts/email.js';
import type { StoredHash } from '../password/stored-hash.js';

/** How long a link in a mail works (ASVS 6.5.5). */
export const LINK_SECONDS = 10 * 60;
/** How long a sign-up may be verified at all, with a link that is sent once more. */
export const PENDING_SECONDS = 24 * 60 * 60;

/**
 * A sign-up that waits for its own link. There is no account yet, so that nobody who signs up with the address of
 * somebody else has anything in it [H-038].
 */
export interface PendingSignUp {
  readonly email: EmailAddress;
  readonly name: string;
  readonly stored: StoredHash;
}
