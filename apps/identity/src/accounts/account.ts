import type { StoredHash } from '../password/stored-hash.js';

/** A person who can sign in. */
export interface Account {
  readonly id: string;
  /** As the person wrote it. */
  readonly email: string;
  readonly name: string;
}

/** An account and the password that opens it. */
export interface PasswordAccount {
  readonly account: Account;
  readonly stored: StoredHash;
  /** When the password was chosen; the same after it was hashed anew. */
  readonly setAtMs: number;
  /** Whether it opens nothing for strangers before it is reset [P-09]. */
  readonly isClosed: boolean;
}
