import type { Account } from '../accounts/account.js';
import { type EmailAddress, isEmailAddress, localPart, normaliseEmail } from '../accounts/email.js';
import { newId } from '../new-id.js';
import { firstOrganization, type Organization } from '../organizations/organization.js';
import type { Origin } from '../origin.js';
import { judgePassword, type PasswordRefusal } from '../password/judge-password.js';
import type { StoredHash } from '../password/stored-hash.js';
import type { Project } from '../projects/project.js';

/** Everything that comes into being with the first administrator. */
export interface FirstAdministrator {
  readonly account: Account;
  readonly email: EmailAddress;
  readonly stored: StoredHash;
  readonly organization: Organization;
  readonly project: Project;
  readonly origin: Origin;
  readonly atMs: number;
}

export interface Candidate {
  readonly email: string;
  readonly password: string;
  readonly name: string;
}

export type CandidateVerdict =
  | { readonly kind: 'accepted'; readonly email: EmailAddress; readonly password: string }
  | { readonly kind: 'refused'; readonly code: 'email_invalid' | PasswordRefusal; readonly message: string };

/** Decides whether somebody may become an administrator with this address and this password. */
export function judgeCandidate(candidate: Candidate, minPasswordLength: number): CandidateVerdict {
  const email = normaliseEmail(candidate.email);
  if (!isEmailAddress(email)) {
    return { kind: 'refused', code: 'email_invalid', message: 'This is not an e-mail address.' };
  }
  const context = ['gatehouse', localPart(email), ...candidate.name.split(/\s+/)];
  const verdict = judgePassword(candidate.password, minPasswordLength, context);
  return verdict.kind === 'accepted' ? { kind: 'accepted', email, password: verdict.password } : verdict;
}

/** The account with its organization and project, ready to be written at once. */
export function firstAdministrator(
  email: EmailAddress,
  name: string,
  stored: StoredHash,
  origin: Origin,
  atMs: number,
): FirstAdministrator {
  const account = { id: newId('acc'), email: email.display, name: name.trim() };
  return { account, email, stored, ...firstOrganization(email, atMs), origin, atMs };
}
