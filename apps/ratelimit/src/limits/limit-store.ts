import type { AllotQuery } from '@gatehouse/contracts/allotment-records';
import type { TakeQuery } from '@gatehouse/contracts/limit-records';
import type { AllotOutcome } from '@gatehouse/limit-domain/allotment';
import type { LimitOutcome } from '@gatehouse/limit-domain/limit';

/** Holds the counters of all subjects. Two implementations with one contract: in memory, and in Redis or Valkey. */
export interface LimitStore {
  readonly kind: 'memory' | 'redis';
  /**
   * Decides each query over all its windows at once, in order: all windows are charged, or none.
   * @throws Error where the counters cannot be reached in time; then nobody may take the queries for allowed.
   */
  takeAll(queries: readonly TakeQuery[]): Promise<readonly LimitOutcome[]>;
  /**
   * Charges units ahead, as `takeAll` charges a cost, and remembers for a while what was charged in which windows. A store
   * that is not certain of a window allots nothing.
   * @throws Error as `takeAll` does
   */
  allotAll(queries: readonly AllotQuery[]): Promise<readonly AllotOutcome[]>;
  /**
   * Takes back what was not used of allotments: each once, at most as much as it was, and only from windows that are still
   * the ones that were charged. Of anything else nothing changes.
   * @throws Error as `takeAll` does; some may have been taken back
   */
  giveBackAll(returns: readonly AllotQuery[]): Promise<void>;
  isReady(): Promise<boolean>;
  close(): Promise<void>;
}
