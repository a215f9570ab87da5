/** A scope as its API knows it. */
interface KnownScope {
  /** The roles of members who may grant it; null: every role that may create keys. */
  readonly roles: readonly string[] | null;
}

export type ExpandedScopes =
  | { readonly kind: 'expanded'; readonly scopes: readonly string[] }
  | {
      readonly kind: 'refused';
      readonly code: 'unknown_scope' | 'unknown_role' | 'permission_denied';
      readonly name: string;
    };

/** What somebody asks for: scopes (wildcards too), and roles, which are named groups of scopes. */
export interface AskedScopes {
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

/** What there is to ask for, and who asks. */
export interface ScopeRules {
  readonly known: Readonly<Record<string, KnownScope>>;
  readonly groups: Readonly<Record<string, { readonly scopes: readonly string[] }>>;
  /** The role of who asks. */
  readonly grantedBy: string;
  /** What who asks has to hold itself to grant it; undefined: the role decides alone. */
  readonly held?: readonly string[] | undefined;
}

/**
 * The exact scopes that were asked for, each once, in their order [X10]. Wildcards (`invoices.*`, `*`) and roles are
 * expanded now and for good: a scope or a role that changes later never widens a key that exists. A scope that the
 * role of the person may not grant is refused, also where a wildcard brings it.
 */
export function expandScopes(asked: AskedScopes, rules: ScopeRules): ExpandedScopes {
  const names = new Set<string>();
  for (const role of asked.roles) {
    const group = Object.hasOwn(rules.groups, role) ? rules.groups[role] : undefined;
    if (group === undefined) return { kind: 'refused', code: 'unknown_role', name: role };
    for (const scope of group.scopes) names.add(scope);
  }
  for (const scope of asked.scopes) {
    const matched = matchedBy(scope, rules.known);
    if (matched.length === 0) return { kind: 'refused', code: 'unknown_scope', name: scope };
    for (const name of matched) names.add(name);
  }
  const name = scopeOutOfReach([...names], rules);
  if (name !== undefined) return { kind: 'refused', code: 'permission_denied', name };
  return { kind: 'expanded', scopes: [...names] };
}

/** The first of these scopes that who asks may not grant; undefined: all may be granted. */
export function scopeOutOfReach(
  names: readonly string[],
  { known, grantedBy, held }: Pick<ScopeRules, 'known' | 'grantedBy' | 'held'>,
): string | undefined {
  return names.find((name) => {
    const roles = Object.hasOwn(known, name) ? (known[name]?.roles ?? null) : null;
    return (roles !== null && !roles.includes(grantedBy)) || held?.includes(name) === false;
  });
}

function matchedBy(asked: string, known: Readonly<Record<string, KnownScope>>): string[] {
  if (asked === '*') return Object.keys(known);
  if (asked.endsWith('.*')) return Object.keys(known).filter((scope) => scope.startsWith(asked.slice(0, -1)));
  return Object.hasOwn(known, asked) ? [asked] : [];
}
