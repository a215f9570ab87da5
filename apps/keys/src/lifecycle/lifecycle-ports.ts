import type { Api } from '@gatehouse/catalog/api';
import type { Settling } from '../lease/settling.js';
import type { Peppers } from '../secrets/peppers.js';
import type { UsageReadingsStore } from '../usage/usage-readings.store.js';
import type { KeysStore } from './keys.store.js';

/** Token of what the controllers of a key's life work with. */
export const LIFECYCLE = Symbol('lifecycle');

export interface LifecyclePorts {
  readonly store: Pick<KeysStore, 'issue' | 'find' | 'list' | 'change' | 'findAnswer'>;
  readonly usage: Pick<UsageReadingsStore, 'oldSecretUse'>;
  readonly apis: ReadonlyMap<string, Api>;
  readonly secrets: { readonly peppers: Peppers; readonly cursor: Buffer; readonly answer: Buffer };
  /** Unix milliseconds. */
  readonly nowMs: () => number;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs: () => number;
  readonly settling: Settling;
  readonly revokeTook: (seconds: number) => void;
}
