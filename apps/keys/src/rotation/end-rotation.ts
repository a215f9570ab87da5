import { isExpired } from '../lifecycle/change-state.js';
import { type KeyDecision, nextRevision } from '../lifecycle/key-decision.js';
import { ENDED_MS, type EndingSecret, type KeyRecord } from '../lifecycle/key-record.js';

type EndRefused = 'no_rotation' | 'key_revoked' | 'key_expired';

/** Ends the old secret now. */
export function finishRotation(key: KeyRecord, nowMs: number): KeyDecision<EndRefused> {
  const found = rotationOf(key, nowMs);
  if (found.kind === 'refused') return found;
  const { current, lastGeneration } = key.secrets;
  const old = { ...found.old, endsAtMs: ENDED_MS };
  return {
    kind: 'change',
    key: nextRevision(key, { secrets: { current, old, lastGeneration } }),
    action: 'key.rotation_finished',
    atMs: nowMs,
    detail: { generation: current.generation },
    secrets: { ends: { generation: old.generation, endsAtMs: ENDED_MS }, current: { generation: current.generation } },
  };
}

/** Ends the new secret now; the old one is current again and has no end of its own any more. */
export function cancelRotation(key: KeyRecord, nowMs: number): KeyDecision<EndRefused> {
  const found = rotationOf(key, nowMs);
  if (found.kind === 'refused') return found;
  const { current, lastGeneration } = key.secrets;
  const { endsAtMs: _, ...restored } = found.old;
  return {
    kind: 'change',
    key: nextRevision(key, { secrets: { current: restored, old: { ...current, endsAtMs: ENDED_MS }, lastGeneration } }),
    action: 'key.rotation_cancelled',
    atMs: nowMs,
    detail: { generation: restored.generation },
    secrets: {
      ends: { generation: current.generation, endsAtMs: ENDED_MS },
      current: { generation: restored.generation },
    },
  };
}

/** The old secret of the rotation that is under way. */
function rotationOf(
  key: KeyRecord,
  nowMs: number,
):
  | { readonly kind: 'under_way'; readonly old: EndingSecret }
  | { readonly kind: 'refused'; readonly code: EndRefused; readonly message: string } {
  const { old } = key.secrets;
  if (key.state === 'revoked') return { kind: 'refused', code: 'key_revoked', message: 'The key is revoked.' };
  if (isExpired(key, nowMs)) return { kind: 'refused', code: 'key_expired', message: 'The key has expired.' };
  if (old === null || old.endsAtMs <= nowMs) {
    return { kind: 'refused', code: 'no_rotation', message: 'There is no rotation under way.' };
  }
  return { kind: 'under_way', old };
}
