import { identityForEach } from '../identity-for-each.conformance.js';
import type { IdentityUnderTest } from '../start.conformance.js';
import { peopleOf } from './person-under-test.conformance.js';

export type People = ReturnType<typeof peopleOf>;

/** An installation as a test finds it, and what people do there. */
export interface AccountsUnderTest {
  readonly identity: IdentityUnderTest;
  readonly people: People;
}

/**
 * One database server for the tests of a `describe`, and for each of them a new installation that was started and in which
 * these addresses have an account.
 * @param opened told of each installation before its test
 */
export function accountsForEach(
  { emails, environment = {} }: { readonly emails: readonly string[]; readonly environment?: Record<string, string> },
  opened: (world: AccountsUnderTest) => void,
): void {
  identityForEach(environment, async (identity) => {
    const people = peopleOf(identity);
    for (const email of emails) await people.join(email);
    opened({ identity, people });
  });
}
