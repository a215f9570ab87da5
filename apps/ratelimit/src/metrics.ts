import type { TakeReply } from '@gatehouse/contracts/limit-records';
import { Counter, Histogram, type Registry } from 'prom-client';

/** What the service counts. */
export interface RatelimitMetrics {
  countBatch(replies: readonly TakeReply[]): void;
  /** Units that were charged ahead for gateways, and those that came back. */
  countUnits(what: 'allotted' | 'given_back', units: number): void;
  /** Starts to measure one call of the store; the answer ends it. */
  timeStore(): () => void;
}

/** Enters the service's metrics into its registry. */
export function ratelimitMetrics(registry: Registry): RatelimitMetrics {
  const registers = [registry];
  const decisions = new Counter({
    name: 'gatehouse_limit_decisions_total',
    help: 'Limit decisions by their outcome',
    labelNames: ['outcome'],
    registers,
  });
  const outcomes = {
    allowed: decisions.labels('allowed'),
    refused: decisions.labels('refused'),
    unavailable: decisions.labels('unavailable'),
    uncertain: decisions.labels('uncertain'),
  };
  const batchSize = new Histogram({
    name: 'gatehouse_limit_batch_size',
    help: 'Limit queries that came in one message',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  const storeSeconds = new Histogram({
    name: 'gatehouse_limit_store_seconds',
    help: 'Time that the store of the counters took for one batch',
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1],
    registers,
  });
  const units = new Counter({
    name: 'gatehouse_limit_units_ahead_total',
    help: 'Units of quotas that were charged ahead for gateways, and units that came back',
    labelNames: ['what'],
    registers,
  });
  return {
    countUnits: (what, count) => units.inc({ what }, count),
    timeStore: () => storeSeconds.startTimer(),
    countBatch(replies) {
      const counts = { allowed: 0, refused: 0, unavailable: 0, uncertain: 0 };
      for (const reply of replies) counts[reply.kind === 'allowed' && reply.isUncertain ? 'uncertain' : reply.kind]++;
      outcomes.allowed.inc(counts.allowed);
      outcomes.refused.inc(counts.refused);
      outcomes.unavailable.inc(counts.unavailable);
      outcomes.uncertain.inc(counts.uncertain);
      batchSize.observe(replies.length);
    },
  };
}
