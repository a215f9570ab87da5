import type { Answering, Bus } from '@gatehouse/bus/bus';
import { TAKE_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import {
  decodeTakeQueries,
  encodeTakeReplies,
  type TakeQuery,
  type TakeReply,
} from '@gatehouse/contracts/limit-records';
import { MalformedRecord } from '@gatehouse/contracts/record-reader';
import { capacityOf, type Limit } from '@gatehouse/limit-domain/limit';
import { tokensMax } from '@gatehouse/limit-domain/token-bucket';
import type { RatelimitMetrics } from '../metrics.js';
import type { LimitStore } from './limit-store.js';

export interface TakePorts {
  readonly store: LimitStore;
  readonly metrics: RatelimitMetrics;
  readonly logger: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
}

/**
 * Answers the batches of the hot path; all replicas are one queue. Where the store fails, every query of the batch is
 * answered `unavailable`: what that means for a request is the gateway's to decide, and it is never `allowed`.
 */
export function answerTakes(bus: Bus, { store, metrics, logger }: TakePorts): Promise<Answering> {
  let storeFails = false;

  const take = async (queries: readonly TakeQuery[]): Promise<readonly TakeReply[]> => {
    const ended = metrics.timeStore();
    try {
      const outcomes = await store.takeAll(queries);
      if (storeFails) logger.info({}, 'the counters answer again');
      storeFails = false;
      return outcomes;
    } catch (error) {
      if (!storeFails) logger.warn({ err: error }, 'the counters do not answer: limits are unavailable');
      storeFails = true;
      return queries.map(() => ({ kind: 'unavailable' }));
    } finally {
      ended();
    }
  };

  return bus.answer(TAKE_SUBJECT, 'ratelimit', async (payload) => {
    const queries = decodeTakeQueries(payload);
    checkLimits(queries);
    const replies = await take(queries);
    metrics.countBatch(replies);
    return encodeTakeReplies(replies, queries);
  });
}

/** @throws MalformedRecord */
function checkLimits(queries: readonly TakeQuery[]): void {
  for (const { subjects } of queries) {
    for (const { limits } of subjects) {
      for (const limit of limits) {
        if (limit.windowSeconds === 0) throw new MalformedRecord('a window has at least one second');
        if (limit.algorithm === 'token-bucket' && !isBucket(limit))
          throw new MalformedRecord('this is no token bucket');
      }
    }
  }
}

function isBucket(limit: Limit): boolean {
  const most = tokensMax(limit.windowSeconds);
  return limit.quota > 0 && limit.quota <= most && capacityOf(limit) > 0 && capacityOf(limit) <= most;
}
