import type { Actor } from '@gatehouse/contracts/actor';
import type { Settlement } from '../lease/settle-change.js';
import type { KeyDecision } from './key-decision.js';
import { isKeyId } from './key-id.js';
import type { KeyRecord } from './key-record.js';
import type { LifecyclePorts } from './lifecycle-ports.js';

/** What came of it, and how it settled where it may have changed something. */
type Made<Decision> = (Decision | { readonly kind: 'not_found' }) & { readonly settlement?: Settlement };

/**
 * Changes a key as `decide` says, at one moment for all, and waits until the change holds everywhere before anybody is
 * told. It waits as well where there was nothing to change: who made the change may have died between its commit and the
 * end of its wait. What is refused is told to no holder: who may not change a key must not make anybody forget it.
 */
export async function makeChange<Decision extends KeyDecision<string>>(
  ports: LifecyclePorts,
  actor: Actor,
  keyId: string,
  decide: (key: KeyRecord) => Decision,
  options?: { readonly removed?: boolean },
): Promise<Made<Decision>> {
  if (!isKeyId(keyId)) return { kind: 'not_found' };
  const { announce, settle } = ports.settling;
  const ids = [keyId];
  let announced: Promise<string> | undefined;
  const decision = await ports.store.change(actor, keyId, decide, {
    ...options,
    announce: () => {
      announced = announce(ids);
      return announced;
    },
  });
  if (decision.kind === 'change' || decision.kind === 'unchanged') {
    const committedAtMs = ports.monotonicMs();
    return { ...decision, settlement: await settle({ changeId: (await announced) ?? '', ids }, committedAtMs) };
  }
  return decision;
}
