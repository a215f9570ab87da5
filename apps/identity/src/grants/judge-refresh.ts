/** What is known of a refresh token that somebody came with, and of its grant. */
export interface RefreshFacts {
  readonly clientId: string;
  /** When the token was exchanged; null: never. */
  readonly usedAtMs: number | null;
  readonly expiresAtMs: number;
  /** Whether the session that is its family stands. */
  readonly sessionStands: boolean;
  readonly accountDisabled: boolean;
}

export type RefreshVerdict =
  | { readonly kind: 'rotate' }
  /** Somebody has it besides its owner: everything that comes from it ends. */
  | { readonly kind: 'reused' }
  | {
      readonly kind: 'refused';
      readonly reason: 'unknown' | 'other_client' | 'ended' | 'expired' | 'account_disabled';
    };

/**
 * Decides about a refresh token (RFC 9700 section 4.14.2), strictly: it works once, also where it comes twice at the same
 * moment, and the second time ends its family. A client that lost the answer signs in again. What another client brings is
 * refused and leaves the family as it is, or whoever finds an old token could end it for its owner.
 */
export function judgeRefresh(facts: RefreshFacts | undefined, clientId: string, nowMs: number): RefreshVerdict {
  if (facts === undefined) return refused('unknown');
  if (facts.clientId !== clientId) return refused('other_client');
  if (!facts.sessionStands) return refused('ended');
  if (facts.usedAtMs !== null) return { kind: 'reused' };
  if (nowMs >= facts.expiresAtMs) return refused('expired');
  if (facts.accountDisabled) return refused('account_disabled');
  return { kind: 'rotate' };
}

function refused(reason: Extract<RefreshVerdict, { kind: 'refused' }>['reason']): RefreshVerdict {
  return { kind: 'refused', reason };
}
