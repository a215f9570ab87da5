import type { Operation, OperationKind } from './operation.js';

/** Operations of some kinds by a name of theirs, each group in the order in which they began; without a name: left out. */
export function groupBy(
  operations: readonly Operation[],
  kinds: readonly OperationKind[],
  nameOf: (operation: Operation) => string | undefined,
): ReadonlyMap<string, readonly Operation[]> {
  const groups = new Map<string, Operation[]>();
  for (const operation of operations) {
    if (!kinds.includes(operation.operation)) continue;
    const name = nameOf(operation);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [operation]);
    else group.push(operation);
  }
  for (const group of groups.values()) group.sort((one, other) => one.startedAtNs - other.startedAtNs);
  return groups;
}

export const byObject = ({ object }: Operation): string => object;
