import type { StoredHash } from './stored-hash.js';

/** Port: the costly work on passwords. Called only from within the bounded queue. */
export interface PasswordHasher {
  hash(password: string): Promise<StoredHash>;
  verify(password: string, stored: StoredHash): Promise<boolean>;
}
