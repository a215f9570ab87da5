/** A person who can sign in. */
export interface Account {
  readonly id: string;
  /** As the person wrote it. */
  readonly email: string;
  readonly name: string;
}
