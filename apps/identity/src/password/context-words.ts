import { localPart, normaliseEmail } from '../accounts/email.js';

/** Whose password is being set. */
export interface PasswordOwner {
  readonly email: string;
  readonly name: string;
  readonly organizationNames: readonly string[];
}

/** What somebody who attacks this very account would try first [P-04]. */
export function contextWords({ email, name, organizationNames }: PasswordOwner): string[] {
  return ['gatehouse', localPart(normaliseEmail(email)), ...[name, ...organizationNames].flatMap(wordsOf)];
}

function wordsOf(text: string): string[] {
  return text.split(/[^\p{L}\p{N}]+/u);
}
