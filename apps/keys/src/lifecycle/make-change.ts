import type { Actor } from '@gatehouse/contracts/actor';
import type { KeyDecision } from './key-decision.js';
import { isKeyId } from './key-id.js';
import type { KeyRecord } from './key-record.js';
import type { LifecyclePorts } from './lifecycle-ports.js';

/**
 * Changes a key as `decide` says, at one moment for all, and waits until the change holds everywhere before anybody is
 * told. It waits as well
 * where there was nothing to change: who made the change may have died between its commit and the end of its wait.
 */
export async function makeChange<Decision extends KeyDecision<string>>(
  ports: LifecyclePorts,
  actor: Actor,
  keyId: string,
  decide: (key: KeyRecord) => Decision,
  options?: { readonly removed?: boolean },
): Promise<Decision | { readonly kind: 'not_found' }> {
  if (!isKeyId(keyId)) return { kind: 'not_found' };
  const { announce, settle } = ports.settling;
  const ids = [keyId];
  const changeId = await announce(ids);
  const decision = await ports.store.change(actor, keyId, decide, options);
  if (decision.kind === 'change' || decision.kind === 'unchanged') {
    await settle({ changeId, ids }, ports.monotonicMs());
  }
  return decision;
}
