import type { Answering, Bus } from '@gatehouse/bus/bus';
import { type AllotQuery, decodeAllotments, encodeAllotReplies } from '@gatehouse/contracts/allotment-records';
import { ALLOT_SUBJECT, GIVE_BACK_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { MalformedRecord } from '@gatehouse/contracts/record-reader';
import { type AllotOutcome, canBeAllotted } from '@gatehouse/limit-domain/allotment';
import type { TakePorts } from './answer-takes.js';

const ACKNOWLEDGED = Buffer.from([1]);
const NONE: AllotOutcome = { kind: 'none' };

/**
 * Answers gateways that have parts of quotas charged ahead, and that give back what they did not use; any replica may answer
 * either. Where the store fails nothing is allotted, and what was to be given back stays used.
 */
export function answerAllotments(bus: Bus, { store, metrics, logger }: TakePorts): Promise<Answering[]> {
  let storeFails = false;

  /** @returns what the store says; undefined where it fails, which is logged once. */
  const ask = async <Answer>(question: () => Promise<Answer>): Promise<Answer | undefined> => {
    const ended = metrics.timeStore();
    try {
      const answer = await question();
      storeFails = false;
      return answer;
    } catch (error) {
      if (!storeFails) logger.warn({ err: error }, 'the counters do not answer: nothing is allotted, nor taken back');
      storeFails = true;
      return undefined;
    } finally {
      ended();
    }
  };
  return Promise.all([
    bus.answer(ALLOT_SUBJECT, 'ratelimit', async (payload) => {
      const queries = decodeAllotments(payload);
      checkQueries(queries);
      const replies = (await ask(() => store.allotAll(queries))) ?? queries.map(() => NONE);
      replies.forEach(({ kind }, index) => {
        if (kind === 'allotted') metrics.countUnits('allotted', queries[index]?.units ?? 0);
      });
      return encodeAllotReplies(replies);
    }),
    bus.answer(GIVE_BACK_SUBJECT, 'ratelimit', async (payload) => {
      const returns = decodeAllotments(payload);
      const isTaken = await ask(() => store.giveBackAll(returns).then(() => true));
      if (isTaken) for (const { units } of returns) metrics.countUnits('given_back', units);
      return ACKNOWLEDGED;
    }),
  ]);
}

/** @throws MalformedRecord */
function checkQueries(queries: readonly AllotQuery[]): void {
  for (const { subjects } of queries) {
    if (!canBeAllotted(subjects)) throw new MalformedRecord('only fixed windows are charged ahead');
    const hasEndless = subjects.some(({ limits }) => limits.some(({ windowSeconds }) => windowSeconds === 0));
    if (hasEndless) throw new MalformedRecord('a window has at least one second');
  }
}
