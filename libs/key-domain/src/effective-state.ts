import type { KeyFacts, KeyState } from './key.js';

/** What people are shown: `expired` where time has ended a key that nobody has. Revoked stays revoked. */
export type EffectiveState = KeyState | 'expired';

export function effectiveState(key: Pick<KeyFacts, 'state' | 'expiresAtMs'>, nowMs: number): EffectiveState {
  if (key.state === 'revoked') return 'revoked';
  return key.expiresAtMs !== null && nowMs >= key.expiresAtMs ? 'expired' : key.state;
}
