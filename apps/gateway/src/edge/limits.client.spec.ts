import { inProcessBus } from '@gatehouse/bus/in-process.client';
import type { LimiterOutage } from '@gatehouse/catalog/api';
import { TAKE_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { decodeTakeQueries, encodeTakeReplies, type TakeReply } from '@gatehouse/contracts/limit-records';
import type { LimitOutcome } from '@gatehouse/limit-domain/limit';
import { createLogger } from '@gatehouse/observability/logger';
import { describe, expect, it } from '@jest/globals';
import { exampleApi, exampleFacts } from '../proxy/gateway-under-test.conformance.js';
import { publishApis } from '../routes/published-api.js';
import { limitsClient } from './limits.client.js';
import { limitsFor } from './limits-for.js';

const LOCAL: LimitOutcome = { kind: 'refused', windows: [], retryAfterSeconds: 7 };

/** What the port answers where the limiter answers this, or (undefined) not at all, and what it told meanwhile. */
async function takes(limiterOutage: LimiterOutage, reply: TakeReply | undefined) {
  const bus = inProcessBus();
  if (reply !== undefined) {
    await bus.answer(TAKE_SUBJECT, 'ratelimit', async (payload) => {
      const queries = decodeTakeQueries(payload);
      const first = queries[0]?.subjects[0];
      const told =
        reply.kind === 'allowed' && reply.shadowRefusals !== undefined && first !== undefined
          ? { ...reply, shadowRefusals: first.limits.slice(1).map((limit) => ({ subject: first.subject, limit })) }
          : reply;
      return encodeTakeReplies([told], queries);
    });
  }
  const shadow = { windowSeconds: 60, quota: 5, shadow: true } as const;
  const plans = { free: { key: [{ windowSeconds: 60, quota: 60 }, shadow], organization: [], keysMax: null } };
  const [published] = publishApis({ apis: [exampleApi({ limiterOutage, plans })], gateways: 1 }).byName.values();
  const told: string[] = [];
  const take = limitsClient({
    bus,
    logger: createLogger('gateway', 'silent'),
    deadlineMs: 2_000,
    takeLocally: () => LOCAL,
    onOutage: (api, policy) => told.push(`${api} ${policy}`),
    onShadowRefusal: (api, { subject, limit }) => told.push(`${api} ${subject} ${limit.quota}`),
    onExchange: () => undefined,
    monotonicMs: () => performance.now(),
  });
  if (published === undefined) throw new Error('no API');
  const charge = limitsFor(exampleFacts(), published.api, 1);
  if (charge === undefined) throw new Error('nothing is limited');
  const outcome = await take(published, charge);
  await bus.drain();
  return { outcome, told };
}

const windows = [{ subject: 'key:key_1', windowSeconds: 60, quota: 60, remaining: 3, resetAtSeconds: 4_000_000_000 }];
const allowed: TakeReply = { kind: 'allowed', windows };
const uncertain: TakeReply = { ...allowed, isUncertain: true };
const refused: TakeReply = { kind: 'refused', windows, retryAfterSeconds: 9 };
const unavailable: TakeReply = { kind: 'unavailable' };

describe('limiterOutage', () => {
  it.each<[LimiterOutage, string, TakeReply | undefined, TakeReply]>([
    ['deny', 'the limiter does not answer', undefined, unavailable],
    ['deny', 'its store does not answer', unavailable, unavailable],
    ['deny', 'its store has lost its memory [F-21]', uncertain, unavailable],
    ['allow', 'the limiter does not answer', undefined, { kind: 'allowed', windows: [] }],
    ['allow', 'its store does not answer', unavailable, { kind: 'allowed', windows: [] }],
    ['allow', 'its store has lost its memory', uncertain, uncertain],
    ['local', 'the limiter does not answer', undefined, LOCAL],
    ['local', 'its store does not answer', unavailable, LOCAL],
    ['local', 'its store has lost its memory', uncertain, uncertain],
  ])('%s decides while %s, and the decision is counted', async (policy, _state, reply, expected) => {
    expect(await takes(policy, reply)).toEqual({ outcome: expected, told: [`example ${policy}`] });
  });

  it.each<LimiterOutage>(['deny', 'allow', 'local'])('%s has no say while limits are certain', async (policy) => {
    for (const reply of [allowed, refused]) expect(await takes(policy, reply)).toEqual({ outcome: reply, told: [] });
  });
});

describe('a limit in shadow', () => {
  it('is told where it would have refused, with the API', async () => {
    const { outcome, told } = await takes('deny', allowed);
    expect({ kind: outcome.kind, told }).toEqual({ kind: 'allowed', told: [] });
    const refusal = { subject: 'key:key_1', limit: { windowSeconds: 60, quota: 5 } };
    const { told: toldThen } = await takes('deny', { ...allowed, shadowRefusals: [refusal] });
    expect(toldThen).toEqual(['example key:key_1 5']);
  });
});
