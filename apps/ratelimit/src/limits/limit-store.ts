import type { TakeQuery } from '@gatehouse/contracts/limit-records';
import type { LimitOutcome } from '@gatehouse/limit-domain/limit';

/** Holds the counters of all subjects. Two implementations with one contract: in memory, and in Redis or Valkey. */
export interface LimitStore {
  readonly kind: 'memory' | 'redis';
  /**
   * Decides each query over all its windows at once, in order: all windows are charged, or none.
   * @throws Error where the counters cannot be reached in time; then nobody may take the queries for allowed.
   */
  takeAll(queries: readonly TakeQuery[]): Promise<readonly LimitOutcome[]>;
  isReady(): Promise<boolean>;
  close(): Promise<void>;
}
