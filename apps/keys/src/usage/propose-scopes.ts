/** How a scope was used in some time. */
export interface ScopeUse {
  readonly scope: string;
  readonly uses: number;
  readonly lastAtMs: number;
}

export interface ScopeProposal {
  /** The scopes that the key has, in its order. */
  readonly granted: readonly { readonly scope: string; readonly uses: number; readonly lastAtMs: number | null }[];
  readonly unused: readonly string[];
  /** What would have been enough: every request that was let through in that time would be let through with it. */
  readonly proposed: readonly string[];
}

/** The narrower set of a key's scopes that its requests of late have needed. Only ever takes away. */
export function proposeScopes(granted: readonly string[], used: readonly ScopeUse[]): ScopeProposal {
  const useOf = new Map(used.map((use) => [use.scope, use]));
  const isUsed = (scope: string) => useOf.has(scope);
  return {
    granted: granted.map((scope) => {
      const use = useOf.get(scope);
      return { scope, uses: use?.uses ?? 0, lastAtMs: use?.lastAtMs ?? null };
    }),
    unused: granted.filter((scope) => !isUsed(scope)),
    proposed: granted.filter(isUsed),
  };
}
