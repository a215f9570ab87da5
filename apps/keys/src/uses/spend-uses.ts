import type { Spend, SpendOutcome } from '@gatehouse/contracts/spend-records';

/** What a batch of spends comes to. */
export interface Spending {
  /** In the order of the spends. */
  readonly outcomes: readonly SpendOutcome[];
  /** Key -> what is left afterwards, for keys from which something was taken. */
  readonly leftOf: ReadonlyMap<string, number>;
}

/**
 * Takes uses in the order in which they were asked for; a spend that costs more than is left takes nothing.
 * @param left key -> uses that are left; a key that is not in it has no number of uses any more, and spends freely.
 */
export function spendUses(spends: readonly Spend[], left: ReadonlyMap<string, number>): Spending {
  const leftOf = new Map<string, number>();
  const outcomes = spends.map(({ keyId, cost }): SpendOutcome => {
    const before = leftOf.get(keyId) ?? left.get(keyId);
    if (before === undefined) return { kind: 'spent', left: null };
    if (before < cost) return { kind: 'exhausted' };
    if (cost === 0) return { kind: 'spent', left: before };
    leftOf.set(keyId, before - cost);
    return { kind: 'spent', left: before - cost };
  });
  return { outcomes, leftOf };
}
