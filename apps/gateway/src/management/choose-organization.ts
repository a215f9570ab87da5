export type OrganizationChoice<Membership> =
  | { readonly kind: 'chosen'; readonly membership: Membership }
  /** The request names two organizations, or something that is no name. */
  | { readonly kind: 'ambiguous' }
  /** Several memberships, none named. */
  | { readonly kind: 'unnamed' }
  /** Not a member of the named one; whether it exists is not said. */
  | { readonly kind: 'not_a_member' };

/**
 * In which of its organizations an account acts, or a key in its one: the one that the request names, or the only one.
 * @param named the values of the header, the query and the body, where they are there
 */
export function chooseOrganization<Membership extends { readonly organizationId: string }>(
  memberships: readonly Membership[],
  named: readonly unknown[],
): OrganizationChoice<Membership> {
  const names = new Set(named.filter((name) => name !== undefined));
  if (names.size > 1) return { kind: 'ambiguous' };
  const [name] = names;
  if (name === undefined) {
    const [first, second] = memberships;
    if (first === undefined) return { kind: 'not_a_member' };
    return second === undefined ? { kind: 'chosen', membership: first } : { kind: 'unnamed' };
  }
  if (typeof name !== 'string') return { kind: 'ambiguous' };
  const membership = memberships.find((candidate) => candidate.organizationId === name);
  return membership === undefined ? { kind: 'not_a_member' } : { kind: 'chosen', membership };
}
