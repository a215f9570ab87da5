import { batchPerTurn } from '@gatehouse/bus/batch-per-turn';
import type { Bus } from '@gatehouse/bus/bus';
import {
  decodeSpendOutcomes,
  encodeSpends,
  SPEND_SUBJECT,
  type Spend,
  type SpendOutcome,
} from '@gatehouse/contracts/spend-records';
import type { Logger } from '@gatehouse/observability/logger';
import type { EdgePorts } from './authorize-secret.js';

export interface UsesClientSettings {
  readonly bus: Bus;
  readonly logger: Logger;
  /** For one exchange. What was spent is never asked for twice: it might count twice. */
  readonly deadlineMs: number;
}

/** The port `spendUses`: all requests of one event-loop turn whose keys have a number of uses, with one message. */
export function usesClient({ bus, logger, deadlineMs }: UsesClientSettings): EdgePorts['spendUses'] {
  const ask = batchPerTurn<Spend, SpendOutcome>({
    send: async (spends) =>
      decodeSpendOutcomes(await bus.request(SPEND_SUBJECT, encodeSpends(spends), deadlineMs), spends.length),
    maxItemsPerBatch: 256,
    maxBatchesInFlight: 4,
    maxItemsWaiting: 2_000,
    schedule: setImmediate,
  });
  return async (keyId, cost) => {
    try {
      return await ask({ keyId, cost });
    } catch (error) {
      logger.debug({ err: error }, 'uses could not be spent');
      return { kind: 'unavailable' };
    }
  };
}
