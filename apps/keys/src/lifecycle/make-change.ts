import type { Actor } from '@gatehouse/contracts/actor';
import type { Settlement } from '../lease/settle-change.js';
import { changeAtOneMoment, unannounced } from '../lease/settling.js';
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
  const ids = [keyId];
  const { outcome, announcement } = await changeAtOneMoment(ports.settling, (announce) =>
    ports.store.change(actor, keyId, decide, { ...options, announce: () => announce(ids) }),
  );
  if (outcome.kind !== 'change' && outcome.kind !== 'unchanged') return outcome;
  const committedAtMs = ports.monotonicMs();
  return { ...outcome, settlement: await ports.settling.settle(announcement ?? unannounced(ids), committedAtMs) };
}
