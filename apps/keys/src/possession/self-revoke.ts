import { revokeKey } from '../lifecycle/change-state.js';
import type { KeyDecision } from '../lifecycle/key-decision.js';
import type { KeyRecord } from '../lifecycle/key-record.js';

/**
 * Decides about a revoke by whoever holds a secret of the key [F.A29]. A secret that was rotated out proves nothing any
 * more: who finds an old one must not be able to end a key that is in use.
 * @param generation of the secret that was presented
 */
export function selfRevoke(
  key: KeyRecord,
  generation: number,
  reason: string | undefined,
  nowMs: number,
): KeyDecision<'secret_retired'> {
  const { current, old } = key.secrets;
  const isGood =
    generation === current.generation || (old !== null && generation === old.generation && nowMs < old.endsAtMs);
  if (!isGood && key.state !== 'revoked') {
    return { kind: 'refused', code: 'secret_retired', message: 'This secret of the key was rotated out.' };
  }
  return revokeKey(key, reason ?? 'self_revoked', nowMs);
}
