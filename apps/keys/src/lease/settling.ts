import type { ChangeMessage } from '@gatehouse/lease/change-message';
import type { Settlement } from './settle-change.js';

/** What whoever changes keys, or organizations, does before and after. */
export interface Settling {
  /** Before the change. @returns what to call it afterwards. */
  readonly announce: (ids: readonly string[]) => Promise<string>;
  /** After its commit: resolves when it holds on every replica and gateway. */
  readonly settle: (change: Omit<ChangeMessage, 'kind'>, committedAtMs: number) => Promise<Settlement>;
}
