import { batchPerTurn } from '@gatehouse/bus/batch-per-turn';
import type { Bus } from '@gatehouse/bus/bus';
import { decodeAllotReplies, encodeAllotments } from '@gatehouse/contracts/allotment-records';
import { ALLOT_SUBJECT, GIVE_BACK_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import type { Allotment, AllotOutcome } from '@gatehouse/limit-domain/allotment';
import type { Logger } from '@gatehouse/observability/logger';
import type { AllotmentPorts } from './leased-limits.js';
import type { Charge } from './limits-for.js';

/** An allotment, and what it is charged to. */
interface Asked {
  readonly allotment: Allotment;
  readonly charge: Charge;
}

const ITEMS_MAX = 512;

export interface AllotmentsClientSettings {
  readonly bus: Bus;
  readonly logger: Logger;
  /** For one exchange. Neither message is ever sent twice. */
  readonly deadlineMs: number;
  readonly onExchange: (seconds: number) => void;
  readonly monotonicMs: () => number;
}

/** Has units charged ahead, and gives them back, over the bus: all of one event-loop turn with one message. */
export function allotmentsClient(settings: AllotmentsClientSettings): AllotmentPorts {
  const { bus, logger, deadlineMs, onExchange, monotonicMs } = settings;

  const send = async (subject: string, asked: readonly Asked[]): Promise<Uint8Array> => {
    const startedMs = monotonicMs();
    const records = asked.map(({ allotment, charge }) => ({ ...allotment, subjects: charge.encoded }));
    const answer = await bus.request(subject, encodeAllotments(records), deadlineMs);
    onExchange((monotonicMs() - startedMs) / 1000);
    return answer;
  };

  const batched = { maxItemsPerBatch: ITEMS_MAX, maxItemsWaiting: 10_000, schedule: setImmediate };
  const ask = batchPerTurn<Asked, AllotOutcome>({
    ...batched,
    maxBatchesInFlight: 2,
    send: async (asked) =>
      decodeAllotReplies(
        await send(ALLOT_SUBJECT, asked),
        asked.map(({ charge }) => charge.subjects),
      ),
  });
  const giveBack = batchPerTurn<Asked, void>({
    ...batched,
    maxBatchesInFlight: 2,
    send: async (asked) => {
      await send(GIVE_BACK_SUBJECT, asked);
      return asked.map(() => undefined);
    },
  });

  return {
    allot: async (allotment, charge) => {
      try {
        return await ask({ allotment, charge });
      } catch (error) {
        logger.debug({ err: error }, 'limits could not be charged ahead');
        return { kind: 'unavailable' };
      }
    },
    giveBack: async (allotment, charge) => {
      try {
        await giveBack({ allotment, charge });
      } catch (error) {
        logger.debug({ err: error }, 'what was charged ahead could not be given back');
      }
    },
  };
}
