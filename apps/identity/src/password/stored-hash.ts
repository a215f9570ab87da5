/** A password as it is kept: which row of the table of formats made it, and its text. */
export interface StoredHash {
  readonly format: string;
  readonly hash: string;
}
