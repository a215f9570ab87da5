import { batchPerTurn } from '@gatehouse/bus/batch-per-turn';
import type { Bus } from '@gatehouse/bus/bus';
import type { Api } from '@gatehouse/catalog/api';
import { TAKE_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { decodeTakeReplies, encodeTakeQueries, type TakeReply } from '@gatehouse/contracts/limit-records';
import type { LimitOutcome, ShadowRefusal } from '@gatehouse/limit-domain/limit';
import type { Logger } from '@gatehouse/observability/logger';
import type { PublishedApi } from '../routes/published-api.js';
import type { TakeOutcome } from './authorize-secret.js';
import type { Charge } from './limits-for.js';

export interface LimitsClientSettings {
  readonly bus: Bus;
  readonly logger: Logger;
  /** For one exchange. A charge is never sent twice: it might count twice. */
  readonly deadlineMs: number;
  /** This gateway's share of the quotas, for the policy `local`. */
  readonly takeLocally: (charge: Charge) => LimitOutcome;
  /** Called for each request that the policy of its API decides, because its limits could not be asked. */
  readonly onOutage: (api: string, policy: string) => void;
  /** Called for each limit in shadow that would have refused a request that was allowed. */
  readonly onShadowRefusal: (api: string, refusal: ShadowRefusal) => void;
  readonly onExchange: (seconds: number) => void;
  readonly monotonicMs: () => number;
}

/**
 * The port `takeLimits`: all requests of one event-loop turn with one message. Here, and nowhere else, an API's
 * `limiterOutage` decides what happens while limits cannot be asked: `deny` refuses (503), `allow` lets through
 * uncounted, `local` enforces this gateway's share. Where the counters answer but have lost what was used before, `deny`
 * refuses what they would allow, and the other two go by what they know. Each such decision is told to `onOutage`.
 */
export function limitsClient(
  settings: LimitsClientSettings,
): (published: PublishedApi, charge: Charge) => Promise<TakeOutcome> {
  const { bus, logger, deadlineMs, takeLocally, onOutage, onShadowRefusal, onExchange, monotonicMs } = settings;

  const ask = batchPerTurn<Charge, TakeReply>({
    send: async (charges) => {
      const startedMs = monotonicMs();
      const queries = charges.map(({ cost, encoded }) => ({ cost, subjects: encoded }));
      const answer = await bus.request(TAKE_SUBJECT, encodeTakeQueries(queries), deadlineMs);
      onExchange((monotonicMs() - startedMs) / 1000);
      return decodeTakeReplies(
        answer,
        charges.map(({ subjects }) => subjects),
      );
    },
    maxItemsPerBatch: 512,
    maxBatchesInFlight: 8,
    maxItemsWaiting: 10_000,
    schedule: setImmediate,
  });

  const takeOrUnavailable = async (charge: Charge): Promise<TakeReply> => {
    try {
      return await ask(charge);
    } catch (error) {
      logger.debug({ err: error }, 'limits could not be asked');
      return { kind: 'unavailable' };
    }
  };

  const decide = (api: Api, charge: Charge, reply: TakeReply): TakeReply => {
    const isCertain = reply.kind === 'refused' || (reply.kind === 'allowed' && reply.isUncertain !== true);
    if (isCertain) return reply;
    onOutage(api.name, api.limiterOutage);
    const counted = reply.kind === 'allowed' ? reply : undefined;
    switch (api.limiterOutage) {
      case 'deny':
        return { kind: 'unavailable' };
      case 'allow':
        return counted ?? { kind: 'allowed', windows: [] };
      case 'local':
        return counted ?? takeLocally(charge);
    }
  };

  return async ({ api }, charge) => {
    const outcome = decide(api, charge, await takeOrUnavailable(charge));
    if (outcome.kind === 'allowed' && outcome.shadowRefusals !== undefined) {
      for (const refusal of outcome.shadowRefusals) onShadowRefusal(api.name, refusal);
    }
    return outcome;
  };
}
